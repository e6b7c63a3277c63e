"""A stop is quick in every state, and costs nothing: what comes after equals the oracle."""

import signal
import time

import pytest

from support.processes import Process, wait_until
from support.product import World, assert_exact, assert_same_everything, generate, new_topic, oracle_running, wait_settled

STOP_SECONDS_MAX = 10
EVENTS = 100_000
PARTITIONS = 4


@pytest.fixture(scope="module")
def events(tmp_path_factory, bin_dir, own_broker):
    """The folder of the events; they are in topic `stops` too."""
    data = tmp_path_factory.mktemp("stops") / "data"
    generate(bin_dir, "--events", EVENTS, "--seed", 11, "--out", data, "--to-kafka", own_broker.bootstrap, "stops", PARTITIONS)
    return data


@pytest.fixture(scope="module")
def truth(events, tmp_path_factory, bin_dir, own_broker):
    with oracle_running(World(tmp_path_factory.mktemp("oracle"), bin_dir, topic="stops"), events) as pending:
        yield pending.wait()


@pytest.fixture
def world(tmp_path, bin_dir, own_broker, events):
    alerts = new_topic(own_broker.bootstrap, f"stops.alerts.{time.time_ns()}")
    return World(tmp_path, bin_dir, brokers=own_broker.bootstrap, topic="stops", alerts=alerts)


def stopped(process: Process) -> int:
    start = time.monotonic()
    status = process.terminate(STOP_SECONDS_MAX)
    assert time.monotonic() - start <= STOP_SECONDS_MAX
    return status


def finish_and_compare(world, truth):
    with world.daemon() as daemon:
        wait_settled(world, daemon, EVENTS)
        assert stopped(daemon) == 0
    assert_exact(world, truth)


def test_an_idle_daemon_stops_and_goes_on_exactly(world, truth):
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)
        time.sleep(0.5)
        assert stopped(daemon) == 0
    finish_and_compare(world, truth)


@pytest.mark.fault(row=19, what="a stop under load, idle, with the broker gone, with the broker frozen, of a replay", injected="SIGTERM",
                   seen="ends within 10 s, goes on exactly", often="once each")  # fmt: skip
def test_a_daemon_under_load_stops_with_what_it_read_committed_and_goes_on_exactly(tmp_path, bin_dir, own_broker):
    brokers = own_broker.bootstrap
    topic, alerts = new_topic(brokers, "stops.load", PARTITIONS), new_topic(brokers, "stops.load.alerts")
    world = World(tmp_path, bin_dir, brokers=brokers, topic=topic, alerts=alerts)
    data = tmp_path / "data"
    traffic = ["generate", "--events", EVENTS, "--seed", 12, "--from", "2025-05-20", "--rate", 10_000, "--out", data,
               "--to-kafka", brokers, topic, PARTITIONS]  # fmt: skip
    before = 0
    with Process([bin_dir / "blockwatch", *map(str, traffic)], log=tmp_path / "traffic.log") as generator:
        for _ in range(4):
            with world.daemon() as daemon:
                wait_until(lambda: world.consumed() > before, 30, "further records", interval_seconds=0.005)
                assert stopped(daemon) == 0
            after = sum(p["consumed"] for p in world.completeness()["partitions"])
            assert before < after < EVENTS, "no stop under load: the records were all there already"
            before = after
        assert generator.running(), "the load ended before the stops"
        assert generator.wait(60) == 0, generator.tail()
    with oracle_running(world, data) as pending:
        finish_and_compare(world, pending.wait())


def test_a_daemon_whose_broker_is_gone_stops_and_goes_on_exactly(world, truth, own_broker):
    with world.daemon() as daemon:
        wait_until(lambda: world.consumed() > 0, 30, "the first records", interval_seconds=0.01)
        own_broker.kill()
        time.sleep(2)
        assert daemon.running(), "a broker that is away is no reason to end"
        assert stopped(daemon) == 0
    with world.daemon() as daemon:  # and one that never saw its broker
        wait_until(lambda: world.consumed() >= 0, 30, "the daemon to answer")
        assert stopped(daemon) == 0
    own_broker.start()
    finish_and_compare(world, truth)


def test_a_daemon_whose_broker_is_frozen_stops(world, own_broker):
    with world.daemon() as daemon:
        wait_until(lambda: world.consumed() > 0, 30, "the first records", interval_seconds=0.01)
        own_broker.freeze()
        try:
            time.sleep(1)
            assert stopped(daemon) == 0
        finally:
            own_broker.thaw()


def test_a_replay_stops_and_the_same_command_goes_on_exactly(world, truth):
    command = [world.bin_dir / "blockwatch", "replay", "--config", world.config]
    stopped_in_the_middle = consumed = 0
    for attempt in range(60):  # each a little later than the last, until one falls between first and last record
        with Process(command, log=world.folder / "replay.log") as replay:
            time.sleep(0.1 + 0.03 * attempt)
            start = time.monotonic()
            replay.signal(signal.SIGTERM)
            status = replay.wait(STOP_SECONDS_MAX)
            assert time.monotonic() - start <= STOP_SECONDS_MAX
            assert status in (0, 75, -signal.SIGTERM), replay.tail()
        if world.state.exists():
            consumed = sum(p["consumed"] for p in world.completeness()["partitions"])
        stopped_in_the_middle += status == 75 and 0 < consumed < EVENTS
        if consumed == EVENTS or stopped_in_the_middle == 3:
            break
    assert stopped_in_the_middle > 0, "every stop came before the first record or after the last"
    world.replay()
    assert_same_everything(world, truth, ended=True)
