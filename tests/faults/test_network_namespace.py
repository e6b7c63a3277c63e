"""The same as test_network.py with a real network: packets that are dropped, in both directions, in one, at random. Connections are
not even refused, and it is the kernel's waits that have to end."""

import time

import pytest

from support.feed import Feed
from support.kafka_broker import KafkaBroker
from support.kafka_client import held
from support.network_namespace import INPUT, OUTPUT, NetworkNamespace
from support.processes import Process, wait_until
from support.product import World, assert_exact, new_topic, oracle_running, wait_settled

PARTITIONS = 3
RATE = 500  # records a second
HEAL_SECONDS_MAX = 60


@pytest.mark.fault(row=8, what="packets dropped in both directions, in one, 30 % of them, for up to 90 s", injected="network namespace, veth, nft",
                   seen="heals within 60 s; counters, alerts and ids are the oracle's", short=0, long=8)  # fmt: skip
@pytest.mark.long
@pytest.mark.time_limit(1800)
def test_a_network_that_drops_packets_heals_and_nothing_is_lost(tmp_path, bin_dir, rng, seed, rounds):
    harms = [(), (INPUT,), (OUTPUT,), None, "flapping"]
    with NetworkNamespace() as network, KafkaBroker(host=network.host) as broker:
        topic, alerts = (new_topic(broker.bootstrap, name, PARTITIONS) for name in ("dropped", "dropped.alerts"))
        world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic, alerts=alerts)
        feed = Feed(bin_dir, tmp_path / "data", broker.bootstrap, topic, events=60_000 * rounds.count, seed=seed, partitions=PARTITIONS)
        command = [*network.inside, bin_dir / "blockwatchd", "--config", world.config]
        with oracle_running(world, feed.data) as pending, feed, Process(command, log=world.log) as daemon:
            feed.flow(RATE)
            wait_until(lambda: world.consumed() > 0, 30, "the first records")
            for n in rounds:
                harm, seconds = harms[n % len(harms)], rng.choice((5, 15, 40, 90))
                end = time.monotonic() + seconds
                dropped = 0
                while time.monotonic() < end:
                    if harm is None:
                        network.lose(0.3)
                    else:
                        network.drop(*(harm if harm != "flapping" else ()))
                    time.sleep(seconds if harm != "flapping" else rng.uniform(0.2, 3))
                    dropped += network.heal()
                    time.sleep(rng.uniform(0.1, 1) if harm == "flapping" else 0)
                begin = time.monotonic()
                world.wait_consumed(daemon, sum(held(broker.bootstrap, topic).values()), HEAL_SECONDS_MAX)
                print(f"{harm} for {seconds} s: {dropped} packets dropped, healed after {time.monotonic() - begin:.1f} s")
                rounds.reached(dropped > 10 and feed.left > 0)
            feed.finish()
            wait_settled(world, daemon, feed.total)
            assert daemon.terminate(10) == 0
            truth = pending.wait()
        assert_exact(world, truth)
