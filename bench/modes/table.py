"""The table: raw consume, the ceiling, blockwatchd complete, Kafka Streams, interleaved round by round."""

import json
from typing import Any, Dict, List, Tuple

from bench.daemon import COUNTED_PER_SECOND_MIN, count, deliveries, fates
from bench.figures import Goals, Run, Spread, print_rows, ratio, say
from bench.rig import Corpus, Rig, json_of
from support.processes import ROOT, run as run_command
from support.product import EXAMPLES

EVENTS, QUICK_EVENTS = 20_000_000, 4_000_000
# Guards what was reached. The goal's own margin for noise is 0.6, which is not reached yet (bench/README.md).
QUICK_RATIO_MIN = 0.4
PEER = ROOT / "bench/peers/kafka-streams/run"

RAW, CEILING, COMPLETE, STREAMS = "raw consume", "ceiling", "blockwatchd complete", "Kafka Streams exactly-once"

# The ceiling types fields but knows no broker timestamp and no jurisdiction.
NOT_THE_CEILINGS = {"future_time", "before_retention", "bad_destination"}


def quick_enough(figures: Dict[str, Any]) -> bool:
    return figures["ratios"]["complete ÷ ceiling, events/s"]["median"] >= QUICK_RATIO_MIN


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    events = given.events or (QUICK_EVENTS if given.quick else EVENTS)
    corpus = rig.corpus(events)
    with_peer = PEER.is_file() and not given.quick
    runs: Dict[str, List[Run]] = {name: [] for name in (RAW, CEILING, COMPLETE, *([STREAMS] if with_peer else []))}
    answers: List[Dict[str, Any]] = []
    failed: List[str] = []
    for number in range(given.rounds):
        runs[RAW].append(read(rig, corpus, "raw")[0])
        ceiling, typed = read(rig, corpus, "typed")
        runs[CEILING].append(ceiling)
        complete, answer = count_all(rig, corpus)
        runs[COMPLETE].append(complete)
        answers.append({"payload_bytes": typed["payload_bytes"], "checksum": typed["checksum"], **answer})
        assert_right(typed, answers)
        if with_peer and not failed:
            try:
                runs[STREAMS].append(stream(rig, corpus))
            except (AssertionError, OSError) as error:  # what is ours has its table all the same
                failed.append(f"{STREAMS}: {error}")
                del runs[STREAMS]
        rates = ", ".join(f"{name} {all_of[-1].rate / 1e6:.2f} M/s" for name, all_of in runs.items())
        say(f"round {number + 1}: {rates}")
    rig.delete_topic(corpus.topic)
    return {**figures_of(corpus, runs, answers[0], goals), "failed": failed}


def read(rig: Rig, corpus: Corpus, mode: str) -> Tuple[Run, Dict[str, Any]]:
    """By bench_ceiling, whose time is from the assignment of the partitions to the last record, as the daemon's is."""
    done = json_of(rig.bin_dir, "bench_ceiling", mode, "--bootstrap", rig.bootstrap, "--topic", corpus.topic,
                       seconds=60 + corpus.records / COUNTED_PER_SECOND_MIN)  # fmt: skip
    assert done["records"] == corpus.records, f"{mode}: {done['records']} records of {corpus.records}"
    return Run(corpus.records, done["seconds"], done["cpu_seconds"], done["rss_max_bytes"], 0), done


def count_all(rig: Rig, corpus: Corpus) -> Tuple[Run, Dict[str, Any]]:
    world = rig.world(corpus.topic)
    counted = count(world, corpus.records)
    answer = fates(world, corpus.records)
    answer["incidents"], answer["notifications"] = deliveries(world)
    rig.delete_topic(world.alerts)
    world.wipe()
    return counted.run, answer


def assert_right(typed: Dict[str, Any], answers: List[Dict[str, Any]]) -> None:
    """Every round says the same, and two parsers that share no code call the same number of records invalid."""
    assert answers[-1] == answers[0], f"this round says {answers[-1]}, the first one said {answers[0]}"
    rejected = sum(n for reason, n in answers[-1]["by_reason"].items() if reason not in NOT_THE_CEILINGS)
    assert typed["invalid"] == rejected, f"invalid: the ceiling says {typed['invalid']}, the product {rejected}"


def stream(rig: Rig, corpus: Corpus) -> Run:
    output, answer = rig.name("streams-alerts"), rig.folder / (rig.name("streams") + ".json")
    command = [PEER, "--bootstrap", rig.bootstrap, "--topic", corpus.topic, "--records", corpus.records,
               *(word for name in ("agencies.toml", "oris.csv", "policy.toml")
                 for word in ("--" + name.split(".", maxsplit=1)[0], EXAMPLES / name)),
               "--output", output, "--json", answer]  # fmt: skip
    run_command([str(word) for word in command], seconds=300 + corpus.records / COUNTED_PER_SECOND_MIN)
    said = json.loads(answer.read_text())
    assert said["answer_ok"] and said["records"] == corpus.records, f"Kafka Streams: {said}"
    rig.delete_topic(output)
    return Run(*(said[name] for name in Run._fields))


def figures_of(corpus: Corpus, runs: Dict[str, List[Run]], answer: Dict[str, Any], goals: Goals) -> Dict[str, Any]:
    rows = []
    for name, all_of in runs.items():
        columns = (("rate", 2, 1e-6), ("cpu_us", 2, 1), ("rss_mib", 0, 1), ("written", 1, 1))
        rows.append([name, *(Spread.of([getattr(r, what) for r in all_of]).text(digits, scale) for what, digits, scale in columns)])
    rounds = len(runs[COMPLETE])
    payload, disk = answer["payload_bytes"] / corpus.records, corpus.bytes_on_disk / corpus.records
    sizes = f"{payload:.0f} bytes of JSON, {disk:.0f} in the broker's log"
    print_rows(
        f"{corpus.records:,} events ({sizes}), {rounds} interleaved rounds, median [min..max]",
        ["", "M events/s", "CPU µs/event", "RSS max MiB", "bytes written/event"],
        rows,
    )
    ratios = {
        "complete ÷ ceiling, events/s": ratio(runs[COMPLETE], runs[CEILING], "rate"),
        "complete ÷ ceiling, CPU": ratio(runs[COMPLETE], runs[CEILING], "cpu_us"),
    }
    goals.add("complete ÷ ceiling, events/s", ratios["complete ÷ ceiling, events/s"].median, at_least=0.75, note="aim 0.85")
    goals.add("CPU complete ÷ CPU ceiling", ratios["complete ÷ ceiling, CPU"].median, at_most=1.5)
    if STREAMS in runs:
        ratios["complete ÷ Kafka Streams, events/s"] = ratio(runs[COMPLETE], runs[STREAMS], "rate")
        goals.add("complete ÷ Kafka Streams exactly-once, events/s", ratios["complete ÷ Kafka Streams, events/s"].median, at_least=4)
    goals.add("bytes written to disk per event, catching up", Spread.of([r.written for r in runs[COMPLETE]]).median, at_most=40, digits=1)
    for name, spread in ratios.items():
        print(f"{name}: {spread.text(2)}", flush=True)
    return {
        "records": corpus.records,
        "payload_bytes_per_event": payload,
        "broker_bytes_per_event": disk,
        "runs": {name: [r._asdict() for r in all_of] for name, all_of in runs.items()},
        "ratios": {name: spread._asdict() for name, spread in ratios.items()},
        "answer": answer,
    }
