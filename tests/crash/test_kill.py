"""kill -9 at random moments under load, with the broker bounced once: nothing is lost, nothing is counted twice."""

import time

import pytest

from support.processes import Process, wait_until
from support.product import World, assert_exact, new_topic, oracle_running, save_topic, wait_settled

EVENTS_A_KILL = 10_000
PARTITIONS = 4
RATE = 5_000  # a second: the traffic goes on for as long as the kills do


def positions(world):
    """Next offset by partition, from the state that nobody holds now."""
    if not world.state.exists():
        return {}
    return {p["partition"]: p["consumed"] for p in world.completeness()["partitions"]}


@pytest.mark.fault(row=1, what="kill -9 at random under load, the broker bounced once", injected="signals",
                   seen="counters and ids are the oracle's, no alert is missing", short=20, long=100, least=0.25)  # fmt: skip
@pytest.mark.time_limit(1800)
def test_kills_under_load_and_a_bounced_broker_change_no_row_and_no_id(tmp_path, bin_dir, own_broker, rng, seed, rounds):
    events = EVENTS_A_KILL * rounds.count
    topic = new_topic(own_broker.bootstrap, "kill", PARTITIONS)
    world = World(tmp_path, bin_dir, brokers=own_broker.bootstrap, topic=topic, alerts=new_topic(own_broker.bootstrap, "kill.alerts"))
    traffic = [bin_dir / "blockwatch", "generate", "--events", events, "--seed", seed, "--from", "2025-05-20", "--rate", RATE,
               "--to-kafka", own_broker.bootstrap, topic, PARTITIONS]  # fmt: skip
    bounce_at = rng.randrange(rounds.count // 4, rounds.count)
    before = {}
    with Process([str(word) for word in traffic], log=tmp_path / "traffic.log") as generator:
        for kill in rounds:
            with world.daemon() as daemon:
                # A quarter dies while it starts, the others once it counts on.
                counted = sum(before.values())
                if rng.random() < 0.75 and counted < events:
                    wait_until(lambda: world.consumed() > counted, 60, "further records", interval_seconds=0.01)
                time.sleep(rng.uniform(0, 0.6))
                assert daemon.running(), f"it ended by itself\n{daemon.tail()}"
                if kill == bounce_at:
                    own_broker.restart()
                daemon.kill()
            now = positions(world)
            assert all(now.get(p, 0) >= n for p, n in before.items()), f"an offset went back: {before}, then {now}"
            rounds.reached(before != now and 0 < sum(now.values()) < events)  # while it counted
            before = now
        assert generator.wait(1200) == 0, generator.tail()

    # What counts is what the broker holds: a producer whose broker died may have written a batch twice.
    data = tmp_path / "data"
    held = save_topic(own_broker.bootstrap, topic, data)
    assert held >= events
    with oracle_running(world, data) as pending:
        with world.daemon() as daemon:
            wait_settled(world, daemon, held)
            assert daemon.terminate(10) == 0
        truth = pending.wait()
    assert sum(p["consumed"] for p in truth["completeness"]["partitions"]) == held
    assert_exact(world, truth)
