"""A full disk (row 5 of docs/RELIABILITY.md): counting waits and says so, HTTP answers, and it goes on within ten seconds once
there is space again, wherever the disk filled up: under load, while tables were being written, before the start."""

import contextlib
import json
import re
import time

import pytest

from support.disk import MIB, FailingCalls, SmallDisk
from support.processes import wait_until
from support.product import World, assert_same_everything
from support.traffic import Traffic

GO_ON_SECONDS_MAX = 10
STOP_SECONDS_MAX = 10
KEPT_FREE_MIB = 192  # state/space.h
PORTION = 200


@pytest.fixture(scope="module")
def traffic(tmp_path_factory, bin_dir):
    return Traffic(tmp_path_factory.mktemp("traffic"), bin_dir, events=8_000, partitions=2, seed=51)


@pytest.fixture
def disk(tmp_path):
    with SmallDisk(tmp_path / "disk", 450) as mounted:
        yield mounted


@pytest.fixture
def portions(broker, traffic):
    return traffic.portions(broker.bootstrap, f"full.{time.time_ns()}")


@pytest.fixture
def world(tmp_path, bin_dir, broker, disk, portions):
    return World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=portions.topic, state=disk.path / "state")


def waits(world):
    """What the metric says."""
    lines = world.get("/metrics")[1].splitlines()
    return "blockwatch_waiting_for_space 1" in lines


def counts(world):
    """Whether it answers, and not only to say that it waits."""
    with contextlib.suppress(OSError):
        return world.get("/api/v1/completeness")[0] == 200
    return False


def wait_until_it_waits(world, daemon):
    def waiting():
        assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
        with contextlib.suppress(OSError):  # HTTP is not up yet
            return waits(world)
        return False

    wait_until(waiting, 30, "the daemon to wait for space")


def assert_goes_on(world, daemon, disk, records):
    disk.free()
    start = time.monotonic()
    wait_until(lambda: "event=disk_space_back" in daemon.stderr(), GO_ON_SECONDS_MAX, "the daemon to see the space")
    wait_until(lambda: counts(world), GO_ON_SECONDS_MAX, "the state to be open")
    world.wait_consumed(daemon, records, seconds=GO_ON_SECONDS_MAX)
    assert time.monotonic() - start <= GO_ON_SECONDS_MAX
    wait_until(lambda: not waits(world), 1, "the metric to say so")


def assert_exact(world, daemon, portions, traffic):
    portions.rest()
    world.wait_consumed(daemon, traffic.events)
    world.wait_all_closed(daemon)
    assert daemon.terminate(STOP_SECONDS_MAX) == 0
    assert_same_everything(world, traffic.truth(world.topic))


@pytest.mark.fault(row=5, what="the disk fills up under traffic, down to the last byte", injected="a small tmpfs and ballast",
                   seen="counting waits and says so, HTTP answers, goes on within 10 s", short=1, long=10)  # fmt: skip
def test_counting_waits_while_the_disk_is_full_and_goes_on(world, disk, portions, traffic, rounds):
    with world.daemon() as daemon:
        for _ in rounds:
            portions.some(PORTION)
            world.wait_consumed(daemon, 1)
            disk.fill(leave_bytes=100 * MIB)
            counted = world.consumed()
            produced = counted + portions.some(PORTION)
            wait_until_it_waits(world, daemon)
            disk.fill()
            time.sleep(2)
            assert daemon.running() and world.consumed() == counted
            status = world.ask("/api/v1/status")
            assert status["waiting_for_space"] is True
            assert status["attention"][0].startswith("disk full, counting waits: "), status["attention"]
            assert str(world.state) in status["attention"][0]
            truth = traffic.truth(world.topic)
            assert world.get(f"/api/v1/report?from={truth['from']}&to={truth['to']}&by=agency")[0] == 200
            (needed,) = re.findall(rf"event=disk_full .* dir={world.state} free_bytes=\d+ needed_bytes=(\d+)$", daemon.stderr(), re.M)[-1:]
            assert int(needed) >= KEPT_FREE_MIB * MIB
            rounds.reached(waits(world))
            assert_goes_on(world, daemon, disk, produced)
        assert_exact(world, daemon, portions, traffic)


@pytest.mark.fault(row=5, what="a stop while counting waits for space", injected="a small tmpfs and ballast, SIGTERM",
                   seen="ends with 0 within 10 s, exact after a start", often="once")  # fmt: skip
def test_a_stop_ends_the_wait_for_space(world, disk, portions, traffic, rounds):
    with world.daemon() as daemon:
        portions.some(PORTION)
        world.wait_consumed(daemon, 1)
        disk.fill(leave_bytes=100 * MIB)
        portions.some(PORTION)
        wait_until_it_waits(world, daemon)
        rounds.reached()
        assert daemon.terminate(STOP_SECONDS_MAX) == 0, daemon.tail()
    disk.free()
    with world.daemon() as daemon:
        assert_exact(world, daemon, portions, traffic)


@pytest.mark.fault(row=5, what="a start on a full disk", injected="a small tmpfs and ballast",
                   seen="waits with HTTP up, a stop ends it, opens within 10 s once there is space; `replay` ends with 75", often="once")  # fmt: skip
def test_a_start_on_a_full_disk_waits_for_space(world, disk, portions, traffic, rounds):
    with world.daemon() as daemon:
        produced = portions.some(PORTION)
        world.wait_consumed(daemon, produced)
        assert daemon.terminate(STOP_SECONDS_MAX) == 0
    disk.fill()
    produced += portions.some(PORTION)
    with world.daemon() as daemon:
        wait_until(lambda: "event=disk_full" in daemon.stderr(), 10, "the daemon to say that it waits")
        assert daemon.terminate(STOP_SECONDS_MAX) == 0, daemon.tail()
    with world.daemon() as daemon:
        wait_until_it_waits(world, daemon)
        rounds.reached()
        assert world.get("/healthz")[0] == 200
        status, body = world.get("/api/v1/status")
        assert status == 503 and json.loads(body)["error"].startswith("waiting for space to open the state: 0 MiB are free in "), body
        world.cli("replay", "--config", world.config, status=75)  # a command does not wait
        assert_goes_on(world, daemon, disk, produced)
        assert_exact(world, daemon, portions, traffic)


@pytest.mark.fault(row=5, what="the disk fills up while a table is being written", injected="a small tmpfs and ballast; strace holds the writer",
                   seen="exit 75 and no abort, the start waits for space, exact", short=1, long=5)  # fmt: skip
def test_a_table_that_finds_no_space_ends_the_daemon_for_its_restart(tmp_path, world, disk, portions, traffic, rounds):
    tables = lambda: set(world.state.glob("db/*.sst"))
    with world.daemon() as daemon:
        produced = portions.some(PORTION)
        world.wait_consumed(daemon, produced)
    for number in rounds:  # each start after a kill -9 writes what its log holds into tables
        before = tables()
        names = (world.state / f"db/{n:06}.sst" for n in range(1, 300))
        held = FailingCalls(tmp_path / f"calls{number}", ("openat",), "1+", paths=names, effect="delay_exit=1500000")
        with held.start([world.bin_dir / "blockwatchd", "--config", world.config], log=world.log) as daemon:
            wait_until(lambda: tables() - before, 30, "a table to be begun", interval_seconds=0.005)
            disk.fill()
            status = daemon.wait(20)
        log = world.log.read_text()
        assert status == 75, f"ended with {status}\n{log}"
        assert re.search(rf"IO error: No space left on device.*{world.state}/db/", log), log
        rounds.reached()
        with world.daemon() as daemon:
            wait_until_it_waits(world, daemon)
            assert_goes_on(world, daemon, disk, produced)
            produced += portions.some(PORTION // 4)
            world.wait_consumed(daemon, produced)
    with world.daemon() as daemon:
        assert_exact(world, daemon, portions, traffic)
