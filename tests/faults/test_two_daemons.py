"""Two daemons: on two directories they count the same topic alike, with equal ids; on one directory the second is refused."""

import time

import pytest

from support.feed import Feed
from support.processes import wait_until
from support.product import World, assert_exact, assert_same_everything, new_topic, oracle_running, wait_settled

PARTITIONS = 3
EVENTS = 20_000
RATE = 5_000  # records a second


@pytest.mark.fault(row=10, what="two daemons on two directories and one topic, one of them killed meanwhile", injected="two processes, kill -9",
                   seen="equal counters, equal ids of incidents and notifications: the oracle's", short=1, long=10)  # fmt: skip
def test_two_daemons_on_two_directories_count_alike_with_equal_ids(tmp_path, bin_dir, broker, rng, seed, rounds):
    for n in rounds:
        folder, stem = tmp_path / str(n), f"two.{time.time_ns()}"
        topic = new_topic(broker.bootstrap, stem, PARTITIONS)
        first, second = (
            World(folder / name, bin_dir, brokers=broker.bootstrap, topic=topic, alerts=new_topic(broker.bootstrap, f"{stem}.{name}"))
            for name in ("first", "second")
        )
        feed = Feed(bin_dir, folder / "data", broker.bootstrap, topic, events=EVENTS, seed=seed + n, partitions=PARTITIONS)
        with oracle_running(first, feed.data) as pending, feed, first.daemon() as one:
            feed.flow(RATE)
            with second.daemon() as other:
                wait_until(lambda: second.consumed() > 0, 30, "the second's first records")
                time.sleep(rng.uniform(0, 1))
                killed_at = second.consumed()
                other.kill()
            feed.finish()
            rounds.reached(0 < killed_at < EVENTS)
            with second.daemon() as other:
                for world, daemon in ((first, one), (second, other)):
                    wait_settled(world, daemon, EVENTS)
                    assert daemon.terminate(10) == 0
            truth = pending.wait()
        for world in (first, second):
            assert_exact(world, truth)


@pytest.mark.fault(row=10, what="a second daemon on the same directory, with the first at work", injected="two processes",
                   seen="exit 75 with the pid of the first, which counts on")  # fmt: skip
def test_a_second_daemon_on_the_same_directory_is_refused_with_the_pid_of_the_first(tmp_path, bin_dir, broker, seed, rounds):
    topic = new_topic(broker.bootstrap, f"refused.{time.time_ns()}", PARTITIONS)
    world = World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=topic)
    intruder = World(tmp_path / "intruder", bin_dir, brokers=broker.bootstrap, topic=topic)
    intruder.config.write_text(intruder.config.read_text().replace(str(intruder.state), str(world.state)))
    feed = Feed(bin_dir, tmp_path / "data", broker.bootstrap, topic, events=EVENTS // 4, seed=seed, partitions=PARTITIONS)
    with oracle_running(world, feed.data) as pending, feed, world.daemon() as daemon:
        feed.flow(RATE)
        wait_until(lambda: world.consumed() > 0, 30, "the first records")
        for _ in rounds:
            with intruder.daemon() as refused:
                assert refused.wait(10) == 75
                assert f"pid {daemon.pid}" in refused.stderr()
            rounds.reached(daemon.running())
        feed.finish()
        world.wait_consumed(daemon, feed.total)
        world.wait_all_closed(daemon)
        assert daemon.terminate(10) == 0
        truth = pending.wait()
    assert_same_everything(world, truth)
