"""How long nothing is counted after a kill -9: from the start of the process until a commit of records that came meanwhile."""

import statistics
import time

import pytest

from support.processes import wait_until
from support.product import World, generate, new_topic
from support.traffic import Traffic

EVENTS = 200_000  # that the state has counted
AGAIN_SECONDS_MAX = 1.0  # median


@pytest.mark.fault(row=1, what="kill -9 of a daemon with a state of 200,000 records", injected="signals",
                   seen="counts again within a second of its start (median)", short=5, long=25)  # fmt: skip
@pytest.mark.time_limit(600)
def test_a_killed_daemon_counts_again_within_a_second(tmp_path, bin_dir, broker, rounds, seed):
    topic = new_topic(broker.bootstrap, "restart", 4)
    world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic)
    generate(bin_dir, "--events", EVENTS, "--seed", seed, "--to-kafka", broker.bootstrap, topic, 4)
    more = Traffic(tmp_path, bin_dir, events=40 * rounds.count, partitions=4, seed=seed + 1).into(broker.bootstrap, topic)
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)  # and is killed
    seconds = []
    for _ in rounds:
        before = sum(p["consumed"] for p in world.completeness()["partitions"])
        more.some(5)
        start = time.monotonic()
        with world.daemon() as daemon:
            wait_until(lambda: not daemon.running() or world.consumed() > before, 30, "a further record", interval_seconds=0.005)
            seconds.append(time.monotonic() - start)
            assert daemon.running(), daemon.tail()
        rounds.reached()
    print("seconds:", " ".join(f"{s:.2f}" for s in sorted(seconds)))
    assert statistics.median(seconds) <= AGAIN_SECONDS_MAX, sorted(seconds)
