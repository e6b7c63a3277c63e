"""Whether it stays as fast as it begins: 100,000,000 events in one go, the last tenth against the first."""

from typing import Any, Dict, List

from bench.daemon import Look, count, fates
from bench.figures import Goals, print_rows, say
from bench.rig import Rig

EVENTS = 100_000_000
TENTHS = 10


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    corpus = rig.corpus(given.events or EVENTS)
    world = rig.world(corpus.topic)
    counted = count(world, corpus.records)
    answer = fates(world, corpus.records)
    rates = rates_of_tenths(counted.looks, corpus.records)
    say(f"{corpus.records:,} events in {counted.run.seconds:.1f} s")
    print_rows(f"{corpus.records:,} events, by tenths", ["tenth", *(str(i + 1) for i in range(TENTHS))],
               [["M events/s", *(f"{rate / 1e6:.2f}" for rate in rates)]])  # fmt: skip
    rss_end_mib = counted.rss_end_bytes / 2**20
    goals.add("last tenth ÷ first tenth, events/s", rates[-1] / rates[0], at_least=0.95)
    goals.add("RSS at the end, MiB", rss_end_mib, at_most=300, digits=0, note=f"at most {counted.run.rss_mib:.0f} on the way")
    goals.add(f"bytes written to disk per event, {corpus.records:,} events", counted.run.written, at_most=40, digits=1)
    rig.delete_topic(corpus.topic)
    rig.delete_topic(world.alerts)
    world.wipe()
    return {**counted.run._asdict(), "rss_end_bytes": counted.rss_end_bytes, "rates": rates, "answer": answer}


def rates_of_tenths(looks: List[Look], records: int) -> List[float]:
    """Events a second. What was durable between two looks, by even pace; what the last look saw, at its commit."""
    marks = [(look.at, look.consumed) for look in looks[:-1]] + [(looks[-1].last_commit, looks[-1].consumed)]
    ends = [marks[0][0], *(moment_of(marks, records * (i + 1) / TENTHS) for i in range(TENTHS))]
    return [records / TENTHS / (end - begin) for begin, end in zip(ends, ends[1:])]


def moment_of(marks: List, records: float) -> float:
    for (t0, n0), (t1, n1) in zip(marks, marks[1:]):
        if n0 < records <= n1:
            return t0 + (t1 - t0) * (records - n0) / (n1 - n0)
    raise AssertionError(f"{records} records were never seen")
