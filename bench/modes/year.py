"""The letter's year: all 290,000,000 messages from one topic, with the ceiling before and after."""

import json
from typing import Any, Dict

from bench.daemon import count, fates, messages
from bench.figures import Goals, Run, print_rows, say
from bench.modes.table import read
from bench.rig import YEAR_EVENTS, Corpus, Rig
from support.product import World

BEGIN, END = "2024-10-01", "2025-10-01"
RATE_RATIO_MIN = 0.7
ICE_EXCLUDING_HSI, HSI = "ICE excluding HSI", "HSI"


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    corpus = topic_of_year(rig, given)
    before, _ = read(rig, corpus, "typed")
    say(f"ceiling before: {before.rate / 1e6:.2f} M/s")
    counted = state_of_year(rig, given)["run"]
    say(f"{corpus.records:,} records counted in {minutes(counted.seconds)}, {counted.rate / 1e6:.2f} M/s")
    after, _ = read(rig, corpus, "typed")
    say(f"ceiling after: {after.rate / 1e6:.2f} M/s")
    rollup = check(state_of_year(rig, given)["world"], rig.shared["tally"], corpus)
    ceiling = Run(corpus.records, (before.seconds + after.seconds) / 2, (before.cpu_seconds + after.cpu_seconds) / 2, 0, 0)
    rows = [[name, minutes(r.seconds), f"{r.rate / 1e6:.2f}", f"{r.cpu_us:.2f}", f"{r.rss_mib:.0f}", f"{r.written:.1f}"]
            for name, r in (("ceiling before", before), ("blockwatchd complete", counted), ("ceiling after", after))]  # fmt: skip
    head = ["", "time", "M events/s", "CPU µs/event", "RSS max MiB", "bytes written/event"]
    print_rows(f"a year: {corpus.records:,} records, {corpus.bytes_on_disk / 1e9:.1f} GB in the broker's log", head, rows)
    print("report --unit messages --rollup:", ", ".join(f"{label} {count:,}" for label, count in rollup.items()), flush=True)
    goals.add("a year, complete ÷ ceiling, events/s", counted.rate / ceiling.rate, at_least=RATE_RATIO_MIN, note=minutes(counted.seconds))
    return {"before": before._asdict(), "complete": counted._asdict(), "after": after._asdict(), "rollup": rollup}


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60} min {seconds % 60:.1f} s"


def topic_of_year(rig: Rig, given: Any) -> Corpus:
    """Made once a run; beside it in `rig.shared` what the generator says it wrote."""
    if "year" not in rig.shared:
        messages_wanted = given.events or YEAR_EVENTS
        topic, tally = rig.name("year"), rig.folder / "tally.json"
        scale = f"{messages_wanted / YEAR_EVENTS:.9f}"
        rig.generate(topic, messages_wanted, "--year", "--scale", scale, "--tally", tally)
        rig.shared["tally"] = json.loads(tally.read_text())
        rig.shared["year"] = rig.measured(topic)
        assert rig.shared["year"].records == rig.shared["tally"]["records"]["consumed"]
    return rig.shared["year"]


def state_of_year(rig: Rig, given: Any) -> Dict[str, Any]:
    """A state that has counted the year's topic and that no daemon holds; counted once a run."""
    if "state" not in rig.shared:
        corpus = topic_of_year(rig, given)
        world = rig.world(corpus.topic)
        counted = count(world, corpus.records)
        rig.shared["state"] = {"world": world, "run": counted.run}
    return rig.shared["state"]


def check(world: World, tally: Dict[str, Any], corpus: Corpus) -> Dict[str, int]:
    """The report's figures are the generator's, which are the letter's."""
    for fate, records in fates(world, corpus.records).items():
        if fate in tally["records"]:
            assert records == tally["records"][fate], f"{fate}: {records}, and the generator wrote {tally['records'][fate]}"
    report = messages(world, BEGIN, END, "--rollup")
    said = {row["label"]: row["requests"] for row in report["rollup"]}
    rollup = {label: said[label] for label in (ICE_EXCLUDING_HSI, HSI, "ICE total")}
    assert rollup == {label: tally["rollup"][label] for label in rollup}, f"{rollup}, and the generator wrote {tally['rollup']}"
    assert report["totals"]["requests"] == tally["records"]["counted"]
    if tally["records"]["counted"] == YEAR_EVENTS:
        assert list(rollup.values()) == [292_114, 605_116, 897_230], rollup
    return rollup


def append(rig: Rig, corpus: Corpus, events: int) -> int:
    """More records behind the year's, from its last day on; how many the topic holds then."""
    days = max(1, round(events * 365 / YEAR_EVENTS))
    rig.generate(corpus.topic, events, "--events", events, "--days", days, "--from", END)
    return rig.measured(corpus.topic).records
