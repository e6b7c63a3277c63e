"""A daemon that the kernel does not let run for a while: it goes on where it was, and counts each offset once."""

import signal
import time

import pytest

from support.feed import Feed
from support.processes import wait_until
from support.product import World, assert_exact, new_topic, oracle_running, wait_settled

PARTITIONS = 3
RATE = 500  # records a second
# One a round.
SECONDS = (3, 12, 30, 120, 300, 700)  # the client waits 10 s for an answer, brokers close what was idle for 10 minutes
GO_ON_SECONDS_MAX = 20


@pytest.mark.fault(row=10, what="a daemon that stands still under traffic", injected="SIGSTOP, SIGCONT",
                   seen="each offset counted once, no alert of silence, no restart", short=2, long=6)  # fmt: skip
@pytest.mark.time_limit(2400)
def test_a_daemon_that_stood_still_goes_on_and_counts_each_offset_once(tmp_path, bin_dir, broker, seed, rounds):
    stem = f"stopped.{time.time_ns()}"
    world = World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=new_topic(broker.bootstrap, stem, PARTITIONS),
                  alerts=new_topic(broker.bootstrap, stem + ".alerts"))  # fmt: skip
    events = sum(SECONDS[n] + GO_ON_SECONDS_MAX for n in rounds) * RATE
    feed = Feed(bin_dir, tmp_path / "data", broker.bootstrap, world.topic, events=events, seed=seed, partitions=PARTITIONS)
    with oracle_running(world, feed.data) as pending, feed, world.daemon() as daemon:
        feed.flow(RATE)
        wait_until(lambda: world.consumed() > 0, 30, "the first records")
        for n in rounds:
            given = feed.acknowledged
            daemon.signal(signal.SIGSTOP)
            time.sleep(SECONDS[n])
            missed = feed.acknowledged - given
            daemon.signal(signal.SIGCONT)
            begin = time.monotonic()
            world.wait_consumed(daemon, given + missed, GO_ON_SECONDS_MAX)
            print(f"stood still for {SECONDS[n]} s, missed {missed} records, caught up in {time.monotonic() - begin:.1f} s")
            rounds.reached(missed > SECONDS[n] * RATE / 2)
        feed.finish()
        wait_settled(world, daemon, feed.total)
        assert "partition_stalled" not in daemon.stderr() and "partition_held_back" not in daemon.stderr()
        assert daemon.terminate(10) == 0
        truth = pending.wait()
    assert_exact(world, truth)
