"""A disk that answers with errors (row 4 of docs/RELIABILITY.md): whatever call fails, the daemon ends for its restart within
five seconds and says what failed, and what it counts after the restart equals the oracle."""

import contextlib
import http.client
import re
import time

import pytest

from support.disk import FailingCalls, open_files
from support.processes import wait_until
from support.product import (
    World,
    assert_alert_topic_holds_every_notification,
    assert_same_everything,
    new_topic,
    wait_alerts_delivered,
)
from support.traffic import Traffic

END_SECONDS_MAX = 5  # from the first error until the process has ended
PORTION = 25


@pytest.fixture(scope="module")
def traffic(tmp_path_factory, bin_dir):
    return Traffic(tmp_path_factory.mktemp("traffic"), bin_dir, events=6_000, partitions=2, seed=41)


@pytest.fixture
def world_of(tmp_path, bin_dir, broker, traffic):
    """A new state and topic, and what is to come into the topic."""

    def make(number):
        portions = traffic.portions(broker.bootstrap, f"io.{time.time_ns()}")
        return World(tmp_path / f"world{number}", bin_dir, brokers=broker.bootstrap, topic=portions.topic), portions

    return make


def assert_ends_for_its_restart(world, daemon, calls, portions=None):
    """Waits until the fault has struck and it has ended; gives it records meanwhile, if there are any."""

    def ended():
        if portions is not None:
            portions.some(PORTION)
        return not daemon.running()

    wait_until(ended, 60, "the fault to strike and the daemon to end")
    assert daemon.wait(1) == 75, world.log.read_text()
    first = calls.injected()[0]
    log = world.log.read_text()
    assert calls.ended_at() - first.time <= END_SECONDS_MAX, log
    # The state's, or of the directory that it is made in.
    assert re.search(rf"level=error .*{re.escape(str(world.state.parent))}.*Input/output error", log), log


def assert_exact_after_a_restart(world, portions, traffic):
    portions.rest()
    with world.daemon() as daemon:
        world.wait_consumed(daemon, traffic.events)
        world.wait_all_closed(daemon)
        assert daemon.terminate(10) == 0
    assert_same_everything(world, traffic.truth(world.topic))


@pytest.mark.fault(row=4, what="EIO at the n-th fsync, fdatasync or rename since the start of a new state", injected="strace",
                   seen="exit 75 within 5 s, what failed is named, exact after a restart", short=2, long=30)  # fmt: skip
@pytest.mark.parametrize("calls,last", [(("fsync", "fdatasync"), 30), (("rename",), 6)], ids=["sync", "rename"])
@pytest.mark.time_limit(1200)
def test_a_sync_or_a_rename_that_fails_ends_the_daemon_and_costs_nothing(world_of, traffic, tmp_path, calls, last, rng, rounds):
    chosen = rng.sample(range(1, last + 1), min(rounds.count, last))
    for number in rounds:
        world, portions = world_of(number)
        nth = chosen[number % len(chosen)]
        print(f"the {nth}th")
        failing = FailingCalls(tmp_path / f"calls{number}", calls, str(nth))
        portions.some(PORTION)
        with failing.start([world.bin_dir / "blockwatchd", "--config", world.config], log=world.log) as daemon:
            assert_ends_for_its_restart(world, daemon, failing, portions)
        rounds.reached(len(failing.injected()) == 1)
        assert_exact_after_a_restart(world, portions, traffic)


@pytest.mark.fault(row=4, what="EIO at the n-th write to the write-ahead log", injected="strace",
                   seen="exit 75 within 5 s, what failed is named, exact after a restart", short=2, long=20)  # fmt: skip
@pytest.mark.time_limit(1200)
def test_a_write_that_fails_ends_the_daemon_and_costs_nothing(world_of, traffic, tmp_path, rng, rounds):
    for number in rounds:
        world, portions = world_of(number)
        portions.some(PORTION)
        with world.daemon() as daemon:
            world.wait_consumed(daemon, 2 * PORTION)
            logs = open_files(daemon.pid, world.state, r"\.log$")
            assert logs, "no write-ahead log is open"
            failing = FailingCalls(tmp_path / f"calls{number}", ("write",), str(rng.randint(1, 12)), paths=logs)
            with failing.attach(daemon.pid):
                assert_ends_for_its_restart(world, daemon, failing, portions)
            rounds.reached(len(failing.injected()) == 1)
        assert_exact_after_a_restart(world, portions, traffic)


@pytest.mark.fault(row=4, what="EIO at the write of how far an output is, while no record comes", injected="strace",
                   seen="exit 75 within 5 s, every alert is delivered after a restart", short=1, long=5)  # fmt: skip
@pytest.mark.time_limit(600)
def test_a_write_that_fails_while_nothing_is_counted_ends_the_daemon_as_well(tmp_path, bin_dir, broker, traffic, rounds):
    for number in rounds:
        portions = traffic.portions(broker.bootstrap, f"io.{time.time_ns()}")
        alerts = f"{portions.topic}.alerts"  # is not there yet
        world = World(tmp_path / f"world{number}", bin_dir, brokers=broker.bootstrap, topic=portions.topic, alerts=alerts)
        portions.rest()
        with world.daemon() as daemon:
            world.wait_consumed(daemon, traffic.events)
            world.wait_all_closed(daemon)
            failing = FailingCalls(tmp_path / f"calls{number}", ("write",), "1+", paths=open_files(daemon.pid, world.state, r"\.log$"))
            with failing.attach(daemon.pid):
                new_topic(broker.bootstrap, alerts)
                assert_ends_for_its_restart(world, daemon, failing)
        rounds.reached(len(failing.injected()) > 0)
        with world.daemon() as daemon:
            world.wait_consumed(daemon, traffic.events)
            wait_alerts_delivered(world, daemon)
            assert daemon.terminate(10) == 0
        assert_alert_topic_holds_every_notification(world, traffic.truth(world.topic))


@pytest.mark.fault(row=4, what="EIO at every read while a report is asked for", injected="strace",
                   seen="no figure, exit 75, the same figures after a restart", often="once")  # fmt: skip
def test_a_read_that_fails_gives_no_figure(world_of, traffic, tmp_path, rounds):
    world, portions = world_of(0)
    portions.rest()
    with world.daemon() as daemon:
        world.wait_consumed(daemon, traffic.events)
        assert daemon.terminate(10) == 0
    truth = traffic.truth(world.topic)
    cut = truth["reports"][0]
    with world.daemon() as daemon:  # which finds the records in tables, no longer in memory
        world.wait_consumed(daemon, traffic.events)
        failing = FailingCalls(tmp_path / "calls", ("pread64",), "1+")
        with failing.attach(daemon.pid):
            answer = None
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = world.get(f"/api/v1/report?from={truth['from']}&to={truth['to']}&by={','.join(cut['by'])}")
            rounds.reached(len(failing.injected()) > 0)
            assert answer is None or answer[0] >= 500, f"a figure from a disk that cannot be read: {answer}"
            assert daemon.wait(END_SECONDS_MAX) == 75, daemon.tail()
    assert re.search(rf"IO error.*{re.escape(str(world.state))}.*Input/output error", daemon.stderr()), daemon.tail()
    assert_exact_after_a_restart(world, portions, traffic)
