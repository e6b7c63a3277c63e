"""A power cut under traffic (row 3 of docs/RELIABILITY.md): on an ext4 whose journal is not written, whatever the daemon
did not sync is gone. What it had shown as counted is still there, and what it counts afterwards equals the oracle."""

import time

import pytest

from support.disk import CutDisk
from support.processes import wait_until
from support.product import World, assert_same_everything
from support.traffic import Traffic

END_SECONDS_MAX = 5  # from the cut until the daemon has ended by itself
PARTITIONS = 2
PORTION = 20  # records of a partition at a time: a commit or two


@pytest.fixture(scope="module")
def traffic(request, tmp_path_factory, bin_dir):
    events = 80_000 if request.config.getoption("--long") else 20_000  # a round takes a thousand or two
    return Traffic(tmp_path_factory.mktemp("traffic"), bin_dir, events=events, partitions=PARTITIONS, seed=31)


def consumed_of(world):
    """By partition, of a daemon that answers."""
    return {p["partition"]: p["consumed"] for p in world.ask("/api/v1/completeness")["partitions"]}


def cut_under_traffic(world, disk, portions, rng):
    """Runs the daemon, cuts, and mounts again. Returns what it had shown as counted before the cut, and what is left."""
    with world.daemon() as daemon:
        wait_until(lambda: world.consumed() >= 0, 30, "the daemon to answer", interval_seconds=0.01)
        before = consumed_of(world)
        cut_at = time.monotonic() + rng.uniform(0.1, 1.0)
        while time.monotonic() < cut_at or sum(consumed_of(world).values()) <= sum(before.values()):
            portions.some(PORTION)
        assert portions.some(PORTION) > 0, "the traffic ended before the rounds"
        time.sleep(rng.uniform(0, 0.02))
        shown = consumed_of(world)
        disk.power_cut()
        portions.some(PORTION)  # so that it has something to write
        status = daemon.wait(END_SECONDS_MAX)
        assert status == 75, f"ended with {status}\n{daemon.tail()}"
    assert "Input/output error" in daemon.stderr(), daemon.tail()
    disk.mount_again()
    return shown, {p["partition"]: p["consumed"] for p in world.completeness()["partitions"]}


def assert_kept(shown, kept):
    assert all(kept.get(partition, 0) >= records for partition, records in shown.items()), f"shown as counted: {shown}, then {kept}"


def count_to_the_end(world, portions, traffic):
    portions.rest()
    with world.daemon() as daemon:
        world.wait_consumed(daemon, traffic.events)
        world.wait_all_closed(daemon)
        assert daemon.terminate(10) == 0
    assert_same_everything(world, traffic.truth(world.topic))


@pytest.mark.fault(row=3, what="a power cut under traffic", injected="EXT4_IOC_SHUTDOWN of a loop-mounted ext4, its journal not written",
                   seen="exit 75 within 5 s; no record that was shown as counted is lost, counters and ids are the oracle's",
                   short=2, long=20)  # fmt: skip
@pytest.mark.time_limit(900)
def test_a_power_cut_loses_nothing_that_was_shown_as_counted(tmp_path, bin_dir, broker, traffic, rng, rounds):
    portions = traffic.portions(broker.bootstrap, "power")
    with CutDisk(tmp_path / "disk") as disk:
        world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=portions.topic, state=disk.path / "state")
        for _ in rounds:
            shown, kept = cut_under_traffic(world, disk, portions, rng)
            assert_kept(shown, kept)
            rounds.reached(sum(shown.values()) > 0)
        count_to_the_end(world, portions, traffic)


@pytest.mark.fault(row=3, what="a power cut after the first commits of a new state", injected="EXT4_IOC_SHUTDOWN",
                   seen="directories, files and records are there", short=1, long=10)  # fmt: skip
@pytest.mark.time_limit(600)
def test_a_power_cut_leaves_a_new_state_directory_with_its_first_records(tmp_path, bin_dir, broker, traffic, rng, rounds):
    portions = traffic.portions(broker.bootstrap, "power.new")
    with CutDisk(tmp_path / "disk") as disk:
        for number in rounds:
            state = disk.path / f"new{number}/var/lib/state"
            world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=portions.topic, state=state)
            shown, kept = cut_under_traffic(world, disk, portions, rng)
            assert_kept(shown, kept)
            rounds.reached(sum(shown.values()) > 0)
        count_to_the_end(world, portions, traffic)
