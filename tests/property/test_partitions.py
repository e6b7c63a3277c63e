"""How records are spread over partitions, and in which order they come within the lateness allowance, changes no total, no
incident and no notification."""

import pathlib
import random

from oracle.oracle import Reject, duration, read_record
from support.product import assert_same, comparable

from property.compare import Comparison
from property.generate_records import make_world
from property.world import World

WORLDS = 5
PARTITIONS = (1, 3, 8)


def records_of(world: World):
    """(event time or None, record): each id once, since duplicates are told by what a partition counted before."""
    ids = set()
    for raw in (r for records in world.partitions for r in records):
        try:
            event = read_record(raw, world.as_of)
        except Reject:
            yield None, raw
            continue
        if event["id"] not in ids:
            ids.add(event["id"])
            yield event["t"], raw


def arranged(rng: random.Random, world: World, partitions: int) -> World:
    """The same records over so many partitions, shuffled as far as none comes late."""
    allowance = duration(world.lateness)
    records = list(records_of(world))
    times = [t for t, _ in records if t is not None]
    placed = [((rng.choice(times) if t is None else t) + rng.randint(0, allowance), raw) for t, raw in records]
    out = world.copy()
    out.partitions = [[] for _ in range(partitions)]
    for _, raw in sorted(placed, key=lambda p: p[0]):
        rng.choice(out.partitions).append(raw)
    return out


def what_is_said(comparison: Comparison):
    """Everything that must not depend on the arrangement: reports, incidents, sums of fates."""
    for question in comparison.world.questions:
        status, text = comparison.answer("report", "--from", question["start"], "--to", question["end"], "--by", "ori,verdict,outcome")
        assert status == 0
        yield text.partition('"rows"')[2]
    yield from (comparable(i, positions=False) for i in comparison.listing("alerts", "list")["incidents"])
    sums = {}
    for p in comparison.listing("completeness")["partitions"]:
        for name in ("consumed", "counted", "duplicate", "rejected", "out_of_scope"):
            sums[name] = sums.get(name, 0) + p[name]
        for name, n in {**p["by_reason"], **p["quality"]}.items():
            sums[name] = sums.get(name, 0) + n
    yield {name: n for name, n in sums.items() if n}


def test_one_three_and_eight_partitions_shuffled_say_the_same(tmp_path: pathlib.Path, bin_dir, rng):
    incidents = 0
    for n in range(WORLDS):
        world = make_world(rng.randrange(2**32))
        world.questions = [q for q in world.questions if "ori" in q.get("by", ()) and "zone" not in q][:1]
        first = None
        for partitions in PARTITIONS:
            comparison = Comparison(arranged(rng, world, partitions), tmp_path / f"{n}-{partitions}", bin_dir)
            comparison.run()  # the oracle says so too
            said = list(what_is_said(comparison))
            assert said[-1].get("late", 0) == 0 and said[-1].get("duplicate", 0) == 0
            first = first or said
            assert_same(f"world {world.seed} in {partitions} partitions", said, first)
            incidents += len(said)
    assert incidents > 50 * WORLDS
