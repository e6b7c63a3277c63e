"""A storm: the same 20,000,000 events where every twentieth is blocked and where none is."""

import json
import pathlib
from typing import Any, Dict, List, Tuple

from bench.daemon import count, deliveries, fates, messages
from bench.figures import Goals, Run, Spread, print_rows, ratio, say
from bench.rig import FROM, Corpus, Rig
from support.product import World

EVENTS = 20_000_000
RATE_RATIO_MIN = 0.7
# Whose queries are about a twentieth of all, to every jurisdiction.
STORMER = "local_FL"
# No asker is unknown, inactive or a look-alike, so that nothing else is alertable.
NO_ODDITIES = ("--oddities", "0")

POLICY = """[[block]]
id = "storm"
jurisdictions = ["*"]
agencies = ["{agency}"]
enforce_from = {since}
authority = "made up for the bench"
"""
SINCE = {"storm": "2020-01-01", "calm": "2200-01-01"}


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    corpus = rig.corpus(given.events or EVENTS, *NO_ODDITIES)
    policies = {}
    for name, since in SINCE.items():
        policies[name] = rig.folder / f"{name}.toml"
        policies[name].write_text(POLICY.format(agency=STORMER, since=since))
    runs: Dict[str, List[Run]] = {name: [] for name in policies}
    answers: Dict[str, Dict[str, Any]] = {}
    for number in range(given.rounds):
        for name, policy in policies.items():
            one, answers[name] = count_once(rig, corpus, policy)
            runs[name].append(one)
        say(f"round {number + 1}: " + ", ".join(f"{name} {all_of[-1].rate / 1e6:.2f} M/s" for name, all_of in runs.items()))
    rig.delete_topic(corpus.topic)
    check(answers)
    share = answers["storm"]["alertable"] / corpus.records
    rows = [
        [
            f"{name}: {answers[name]['alertable'] / corpus.records:.1%} alertable",
            Spread.of([r.rate for r in all_of]).text(2, 1e-6),
            Spread.of([r.rss_mib for r in all_of]).text(0),
            Spread.of([r.written for r in all_of]).text(1),
            *(f"{answers[name][what]:,}" for what in ("blocked", "incidents", "notifications")),
        ]
        for name, all_of in runs.items()
    ]
    head = ["", "M events/s", "RSS max MiB", "bytes written/event", "blocked observations", "incidents", "notifications"]
    print_rows(f"{corpus.records:,} events, {given.rounds} interleaved rounds, median [min..max]", head, rows)
    rates = ratio(runs["storm"], runs["calm"], "rate")
    goals.add(f"storm ({share:.1%} alertable) ÷ none, events/s", rates.median, at_least=RATE_RATIO_MIN)
    goals.add("RSS in the storm ÷ without", ratio(runs["storm"], runs["calm"], "rss_mib").median, at_most=1.5)
    return {"answers": answers, "ratio": rates._asdict(), "runs": {name: [r._asdict() for r in all_of] for name, all_of in runs.items()}}


def count_once(rig: Rig, corpus: Corpus, policy: pathlib.Path) -> Tuple[Run, Dict[str, Any]]:
    world = rig.world(corpus.topic, policy=policy)
    counted = count(world, corpus.records)
    answer = fates(world, corpus.records)
    answer["incidents"], answer["notifications"] = deliveries(world)
    # One class or another is what reached a jurisdiction: all that the stormer asked there is blocked.
    rows = messages(world, FROM, "2027-01-01", "--by", "agency,class")["rows"]
    asked = sum(row["requests"] for row in rows if row["agency"] == STORMER and row["class"] != "other")
    incidents = world.incidents()
    answer["alertable"] = asked if incidents else 0
    answer["blocked"] = sum(i["count"] for i in incidents if i["kind"] in ("block_leak", "blocked_query", "blocked_attempt"))
    answer["reported"] = blocked_in_report(world)
    rig.delete_topic(world.alerts)
    world.wipe()
    return counted.run, answer


def blocked_in_report(world: World) -> int:
    words = ["--state-dir", world.state, "--from", "2025-01-01", "--to", "2027-01-01", "--by", "agency", "--format", "json"]
    return json.loads(world.cli("report", *words))["totals"]["blocked"]


def check(answers: Dict[str, Dict[str, Any]]) -> None:
    """Nothing is lost: the incidents hold what the counters hold, and both runs counted the same records."""
    for name, answer in answers.items():
        assert answer["blocked"] == answer["reported"], f"{name}: {answer['blocked']} in incidents, {answer['reported']} in counters"
    assert answers["calm"]["incidents"] == 0, f"{answers['calm']['incidents']} incidents although nothing is blocked"
    assert answers["storm"]["counted"] == answers["calm"]["counted"]
