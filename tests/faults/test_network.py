"""A network that is cut, flaps, loses one direction, is late, slow, torn to pieces or resets: it heals within a minute, in bounded
memory, and what was counted and sent is what the oracle says."""

import contextlib
import time

import pytest

from support.feed import Feed
from support.kafka_broker import KafkaBroker
from support.kafka_client import held, produce_ndjson
from support.proc import memory_bytes_max
from support.processes import wait_until
from support.product import World, assert_exact, generate, new_topic, oracle_running, wait_settled
from support.tcp_proxy import TO_BROKER, TO_CLIENT

PARTITIONS = 3
RATE = 1_000  # records a second
HEAL_SECONDS_MAX = 60  # promise 3 of docs/RELIABILITY.md
RETURN_SECONDS_MAX = 5
MEMORY_BYTES_MAX = 128 << 20  # measured: 65 MiB, of which the client may hold 24 in its queue


@pytest.fixture(scope="module")
def proxied_broker():
    with KafkaBroker(proxied=True) as running:
        yield running


@pytest.fixture
def proxy(proxied_broker):
    yield proxied_broker.proxy
    proxied_broker.proxy.heal()


@pytest.fixture
def world(tmp_path, bin_dir, proxied_broker):
    brokers, stem = proxied_broker.bootstrap, f"network.{time.time_ns()}"
    return World(tmp_path, bin_dir, brokers=brokers, topic=new_topic(brokers, stem, PARTITIONS),
                 alerts=new_topic(brokers, stem + ".alerts"), through=proxied_broker.proxied_bootstrap)  # fmt: skip


def records_of(world):
    return sum(held(world.brokers, world.topic).values())


def wait_healed(world, daemon, feed, what):
    """From a network that is back until all that the broker holds by now is counted."""
    begin = time.monotonic()
    world.wait_consumed(daemon, records_of(world), HEAL_SECONDS_MAX)
    print(f"{what}: healed after {time.monotonic() - begin:.1f} s, memory at most {memory_bytes_max(daemon.pid) >> 20} MiB")
    assert feed.left > 0, "the traffic ended before the fault did"


@contextlib.contextmanager
def counting(world, bin_dir, seed, events):
    """A daemon behind the proxy under a steady feed. What is counted and sent when the test has done its harm is the oracle's."""
    feed = Feed(bin_dir, world.folder / "data", world.brokers, world.topic, events=events, seed=seed, partitions=PARTITIONS)
    with oracle_running(world, feed.data) as pending, feed, world.daemon() as daemon:
        feed.flow(RATE)
        wait_until(lambda: world.consumed() > 0, 30, "the first records")
        yield daemon, feed
        feed.finish()
        wait_settled(world, daemon, feed.total, HEAL_SECONDS_MAX)
        memory = memory_bytes_max(daemon.pid)
        assert memory <= MEMORY_BYTES_MAX, f"{memory >> 20} MiB"
        assert daemon.terminate(10) == 0
        truth = pending.wait()
    assert_exact(world, truth)


@pytest.mark.fault(row=8, what="the network is cut, flaps, loses one direction", injected="a TCP proxy that holds what it gets",
                   seen="heals within 60 s; counters, alerts and ids are the oracle's, at most 128 MiB", short=1, long=10)  # fmt: skip
@pytest.mark.time_limit(1500)
def test_a_network_that_is_cut_flaps_or_loses_one_direction_heals_and_nothing_is_lost(world, bin_dir, proxy, rng, seed, rounds):
    with counting(world, bin_dir, seed, 60_000 * rounds.count) as (daemon, feed):
        for _ in rounds:
            before = proxy.counted.held_bytes
            struck = []
            # Longer than the client waits for an answer (10 s): it gives the connections up and finds nobody.
            for directions, seconds in (((), rng.uniform(12, 15)), ((TO_BROKER,), 2), ((TO_CLIENT,), 2)):
                proxy.cut(*directions)
                time.sleep(seconds)
                counted = world.consumed()
                time.sleep(0.5)
                struck.append(world.consumed() == counted < records_of(world) and proxy.counted.held_bytes > before)
                before = proxy.counted.held_bytes
                proxy.heal()
                wait_healed(world, daemon, feed, f"cut {directions} for {seconds:.0f} s")
            for _ in range(8):
                proxy.cut()
                time.sleep(rng.uniform(0.1, 0.8))
                proxy.heal()
                time.sleep(rng.uniform(0.05, 0.3))
            struck.append(proxy.counted.held_bytes > before and "no usable Kafka broker" in daemon.stderr())
            wait_healed(world, daemon, feed, "flapping")
            assert "kafka_slow_link" not in daemon.stderr(), "a link that is cut is not slow"
            rounds.reached(all(struck))


@pytest.mark.fault(row=9, what="a backlog behind a link on which one answer of a broker takes longer than its request may",
                   injected="a slow TCP proxy", seen="asked for in smaller pieces, counted on; all of it once the link is better",
                   short=1, long=3)  # fmt: skip
@pytest.mark.time_limit(600)
def test_a_backlog_behind_a_slow_link_is_brought_in_smaller_pieces(tmp_path, bin_dir, proxied_broker, proxy, rng, seed, rounds):
    for n in rounds:
        topic = new_topic(proxied_broker.bootstrap, f"slow.{time.time_ns()}", PARTITIONS)
        generate(bin_dir, "--events", 60_000, "--days", 1, "--seed", seed, "--to-kafka", proxied_broker.bootstrap, topic, PARTITIONS)
        world = World(tmp_path / str(n), bin_dir, brokers=proxied_broker.bootstrap, topic=topic, through=proxied_broker.proxied_bootstrap)
        proxy.slow(rng.uniform(60_000, 85_000))
        with world.daemon() as daemon:
            begin = time.monotonic()
            wait_until(lambda: world.consumed() > 0, 60, "the first records", interval_seconds=0.5)
            print(f"the first {world.consumed()} records after {time.monotonic() - begin:.1f} s")
            rounds.reached(daemon.stderr().count("event=kafka_slow_link") > 0)
            proxy.heal()
            world.wait_consumed(daemon, records_of(world), HEAL_SECONDS_MAX)
            assert daemon.terminate(10) == 0
        assert all(p["gaps"] == [] for p in world.completeness()["partitions"])


@pytest.mark.fault(row=9, what="a network that is late, slow, torn to single bytes, resets", injected="a TCP proxy",
                   seen="goes on meanwhile; counters, alerts and ids are the oracle's, at most 128 MiB", short=1, long=10)  # fmt: skip
@pytest.mark.time_limit(1500)
def test_a_network_that_is_late_slow_torn_or_resets_is_counted_through(world, bin_dir, proxy, rng, seed, rounds):
    counted = proxy.counted

    def goes_on(seconds):
        """Whether something is counted while the fault lasts."""
        before = world.consumed()
        time.sleep(seconds)
        return world.consumed() > before

    with counting(world, bin_dir, seed, 40_000 * rounds.count) as (daemon, feed):
        for _ in rounds:
            begin = (counted.delayed_bytes, counted.slowed_bytes, counted.slices, counted.resets)
            proxy.delay(rng.uniform(0.2, 0.5))
            assert goes_on(3), "late"
            proxy.heal()
            wait_healed(world, daemon, feed, "late")
            proxy.slow(rng.uniform(100_000, 200_000))  # less than what flows
            assert goes_on(3), "slow"
            proxy.heal()
            wait_healed(world, daemon, feed, "slow")
            feed.flow(20)
            proxy.slice(1)
            assert goes_on(3), "single bytes"
            proxy.heal()
            feed.flow(RATE)
            for _ in range(rng.randint(10, 20)):
                proxy.reset()
                time.sleep(rng.uniform(0, 0.3))
            wait_healed(world, daemon, feed, "resets")
            end = (counted.delayed_bytes, counted.slowed_bytes, counted.slices, counted.resets)
            print(f"late {end[0] - begin[0]} bytes, slow {end[1] - begin[1]} bytes, {end[2] - begin[2]} single bytes, {end[3] - begin[3]} resets")
            rounds.reached(end[0] - begin[0] > 10_000 and end[1] - begin[1] > 10_000 and end[2] - begin[2] > 1_000
                           and end[3] - begin[3] > 10)  # fmt: skip


@pytest.mark.fault(row=7, what="the only broker is killed and comes back", injected="kill -9 of the broker",
                   seen="new records are counted within 5 s of its first answer", short=1, long=5)  # fmt: skip
@pytest.mark.time_limit(900)
def test_counting_goes_on_within_seconds_of_the_brokers_return(world, bin_dir, proxied_broker, rounds):
    record = b'{"not": "an event"}'
    with world.daemon() as daemon:
        produce_ndjson(world.brokers, world.topic, [(0, None, record, None)])
        world.wait_consumed(daemon, 1)
        for n in rounds:
            proxied_broker.kill()
            time.sleep(5 + 20 * n)  # the client's waits have grown as far as they do
            counted = world.consumed()
            proxied_broker.start()
            begin = time.monotonic()
            produce_ndjson(world.brokers, world.topic, [(p, None, record, None) for p in range(PARTITIONS)])
            written = time.monotonic() - begin
            world.wait_consumed(daemon, counted + PARTITIONS, HEAL_SECONDS_MAX)
            took = time.monotonic() - begin
            print(f"written {written:.1f} s after the broker answered, counted {took:.1f} s")
            assert took <= RETURN_SECONDS_MAX
            rounds.reached("no usable Kafka broker" in daemon.stderr())
        assert daemon.terminate(10) == 0
    assert sum(p["rejected"] for p in world.completeness()["partitions"]) == 1 + PARTITIONS * rounds.count
