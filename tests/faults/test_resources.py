"""A kernel that gives no more memory or descriptors (row 18 of docs/RELIABILITY.md): the process ends for its restart, by itself
or killed by the kernel, or does without, and what it counts afterwards equals the oracle."""

import pathlib
import re
import resource
import signal
import time

import pytest

from support.disk import MIB
from support.memory_group import MemoryGroup
from support.processes import Process, wait_until
from support.product import World, assert_same_everything, wait_reading
from support.traffic import Traffic

PORTION = 100
STOP_SECONDS_MAX = 10


@pytest.fixture(scope="module")
def traffic(tmp_path_factory, bin_dir):
    return Traffic(tmp_path_factory.mktemp("traffic"), bin_dir, events=20_000, partitions=2, seed=81)


@pytest.fixture
def portions(broker, traffic):
    return traffic.portions(broker.bootstrap, f"resources.{time.time_ns()}")


@pytest.fixture
def world(tmp_path, bin_dir, broker, portions):
    return World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=portions.topic)


def started(world, *launcher):
    """The daemon as another program starts it."""
    return Process([*launcher, world.bin_dir / "blockwatchd", "--config", world.config], log=world.log)


def mapped_bytes(pid):
    return int(re.search(r"VmSize:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def ended_by_itself(daemon, portions, world, records=PORTION // 10, portions_max=1000):
    """Gives it so many records of a partition at a time. Its status; None: it does without what it was refused, and
    ends on a signal."""
    deadline = time.monotonic() + 2
    while daemon.running() and time.monotonic() < deadline:
        if portions_max > 0:
            portions.some(records)
            portions_max -= 1
        time.sleep(0.02)
    if daemon.running():
        status = daemon.terminate(STOP_SECONDS_MAX)
        assert status in (0, 75), f"ended with {status}\n{world.log.read_text()}"
        return None
    return daemon.wait(1)


# librdkafka ends the process itself where it gets no thread or no memory; jemalloc 5.3 crashes where it has none left for the
# arena of a new thread.
LIBRARY_ENDED_IT = r"failed to create broker thread|rd_(malloc|calloc|realloc|strdup|strndup): Assertion"


def assert_for_its_restart(status, said):
    """75 and why, or it did without, or a library ended it."""
    if status == -signal.SIGSEGV:
        return
    if status == -signal.SIGABRT:
        assert re.search(LIBRARY_ENDED_IT, said), said
    else:
        assert status in (75, None), f"{status}\n{said}"
        assert status is None or "level=error" in said, said


def assert_exact_after_a_restart(world, portions, traffic):
    portions.rest()
    with world.daemon() as daemon:
        world.wait_consumed(daemon, traffic.events)
        world.wait_all_closed(daemon)
        assert daemon.terminate(STOP_SECONDS_MAX) == 0
    assert_same_everything(world, traffic.truth(world.topic))


@pytest.mark.fault(row=18, what="no more memory while it counts", injected="RLIMIT_AS of the running daemon, a little above what it has",
                   seen="exit 75 and why, or it does without, or a library ends it; exact after a restart", short=3, long=10, least=0.3)  # fmt: skip
@pytest.mark.time_limit(900)
def test_a_daemon_that_gets_no_more_memory_ends_for_its_restart(world, portions, traffic, rng, rounds):
    for _ in rounds:
        with world.daemon() as daemon:
            wait_reading(daemon, 30, interval_seconds=0.002)
            limit = mapped_bytes(daemon.pid) + rng.randrange(MIB)
            resource.prlimit(daemon.pid, resource.RLIMIT_AS, (limit, limit))
            status = ended_by_itself(daemon, portions, world, 5 * PORTION, 2)
        said = world.log.read_text()
        world.log.unlink()
        assert_for_its_restart(status, said)
        rounds.reached(status is not None)
    assert_exact_after_a_restart(world, portions, traffic)


@pytest.mark.fault(row=18, what="little memory, or few descriptors, from the start on", injected="RLIMIT_AS, RLIMIT_NOFILE",
                   seen="exit 75 and why, or it does without; or a library ends it; exact after a restart", short=3, long=30, least=0.3)  # fmt: skip
@pytest.mark.parametrize("limit,least,most", [("as", 64 * MIB, 160 * MIB), ("nofile", 8, 24)], ids=["memory", "descriptors"])
@pytest.mark.time_limit(900)
def test_a_start_with_too_little_ends_for_its_restart(world, portions, traffic, limit, least, most, rng, rounds):
    for _ in rounds:
        given = rng.randrange(least, most)
        with started(world, "prlimit", f"--{limit}={given}") as daemon:
            status = ended_by_itself(daemon, portions, world)
        said = world.log.read_text() if world.log.exists() else ""
        print(f"{limit} {given}: {status}")
        assert_for_its_restart(status, said)
        rounds.reached(status is not None)
        world.log.unlink()
    assert_exact_after_a_restart(world, portions, traffic)


@pytest.mark.fault(row=18, what="the kernel kills it for its memory", injected="a memory cgroup that is smaller than it needs",
                   seen="exact after a restart", short=2, long=20)  # fmt: skip
@pytest.mark.time_limit(900)
def test_a_daemon_that_the_kernel_kills_for_its_memory_goes_on_exactly(world, portions, traffic, rng, rounds):
    for _ in rounds:
        with MemoryGroup(rng.randrange(6, 16)) as group:
            with started(world, *group.command()) as daemon:
                status = ended_by_itself(daemon, portions, world)
            assert status == -signal.SIGKILL, f"ended with {status}\n{world.log.read_text()}"
            rounds.reached(group.kills() > 0)
    assert_exact_after_a_restart(world, portions, traffic)
