"""A wall clock that jumps by days, forward and back, while the daemon counts: no counter, no verdict, no id depends on it."""

import mmap
import pathlib
import struct
import time

import pytest

from support.feed import Feed
from support.processes import ROOT, run, wait_until
from support.product import World, assert_exact, new_topic, oracle_running, wait_settled

PARTITIONS = 3
RATE = 1_000  # records a second
DAYS_MAX = 400
GO_ON_SECONDS_MAX = 10
NUMBERS = struct.Struct("=qq")  # seconds by which the clock is off, and how often it was asked since


class Clock:
    """What a daemon takes for the time of day (tests/support/jumping_clock.c)."""

    def __init__(self, folder: pathlib.Path):
        library, file = folder / "jumping_clock.so", folder / "clock"
        run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, ROOT / "tests/support/jumping_clock.c"])
        file.write_bytes(bytes(NUMBERS.size))
        with open(file, "r+b") as opened:
            self._page = mmap.mmap(opened.fileno(), NUMBERS.size)
        self.env = {"LD_PRELOAD": str(library), "JUMPING_CLOCK": str(file)}

    def set_days(self, days: int) -> None:
        NUMBERS.pack_into(self._page, 0, days * 86_400, 0)

    def wrong_answers(self) -> int:
        """Since it was set."""
        return NUMBERS.unpack_from(self._page)[1]


@pytest.mark.fault(row=17, what="the wall clock jumps by up to 400 days, forward and back", injected="a preloaded clock",
                   seen="goes on; counters, verdicts, alerts and ids are the oracle's", short=6, long=60)  # fmt: skip
@pytest.mark.time_limit(900)
def test_a_clock_that_jumps_changes_no_counter_no_verdict_and_no_id(tmp_path, bin_dir, broker, rng, seed, rounds):
    stem = f"clock.{time.time_ns()}"
    world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=new_topic(broker.bootstrap, stem, PARTITIONS),
                  alerts=new_topic(broker.bootstrap, stem + ".alerts"))  # fmt: skip
    feed = Feed(bin_dir, tmp_path / "data", broker.bootstrap, world.topic, events=3_000 * rounds.count + 5_000, seed=seed,
                partitions=PARTITIONS)  # fmt: skip
    clock = Clock(tmp_path)
    with oracle_running(world, feed.data) as pending, feed, world.daemon(env=clock.env) as daemon:
        feed.flow(RATE)
        wait_until(lambda: world.consumed() > 0, 30, "the first records")
        for n in rounds:
            # A daemon at rest waits, in part until moments of the wall clock; one under load does not.
            if n % 3 != 0:
                feed.flow(0)
                time.sleep(0.5)
            clock.set_days(rng.randint(2, DAYS_MAX) * (1 if n % 2 == 0 else -1))
            time.sleep(0.5)
            feed.flow(RATE)
            time.sleep(1)
            given, begin = feed.acknowledged, time.monotonic()
            world.wait_consumed(daemon, given, GO_ON_SECONDS_MAX)
            print(f"counted on after {time.monotonic() - begin:.1f} s")
            rounds.reached(feed.left > 0 and clock.wrong_answers() > 0)
        feed.finish()
        wait_settled(world, daemon, feed.total)
        assert daemon.terminate(10) == 0
        truth = pending.wait()
    assert_exact(world, truth)
