"""Brokers of a cluster of three that end, die, freeze: the one that leads, the one that controls, all at once, under traffic. Counting
goes on within a minute, and what was counted and sent is what the oracle says of what the brokers hold."""

import time

import pytest

from support import kafka_client
from support.feed import Feed
from support.kafka_broker import KafkaCluster
from support.processes import wait_until
from support.product import World, assert_exact, oracle_running, save_topic, wait_settled

PARTITIONS = 3
RATE = 300  # records a second
GO_ON_SECONDS_MAX = 60

# As many of them as there are rounds, again from the first after the last.
HARMS = ("kill leader", "freeze controller", "term leader", "kill all", "freeze leader", "term all", "kill controller", "bounce leader",
         "freeze all", "term controller")  # fmt: skip


def victims(cluster, world, who):
    if who == "all":
        return list(cluster.nodes.values())
    return [cluster.leader(world.topic) if who == "leader" else cluster.controller()]


def is_still(world):
    """Whether nothing is counted now."""
    before = world.consumed()
    time.sleep(0.3)
    return world.consumed() == before


def strike(cluster, nodes, how, seconds, look):
    """The nodes are away for so many seconds, and back when this returns; what look() says just before that."""
    if how == "freeze":
        for node in nodes:
            node.freeze()
        time.sleep(seconds)
        seen = look()
        for node in nodes:
            node.thaw()
        return seen
    for node in nodes:
        if how == "term":
            node.terminate()
        else:
            node.kill()
    if how == "term":
        for node in nodes:
            node.stop()
    if how != "bounce":
        time.sleep(seconds)
    seen = look()
    cluster.start()
    return seen


@pytest.mark.fault(row=7, what="TERM, KILL, bounce, freeze of the leader, the controller, all of three brokers", injected="signals",
                   seen="goes on within 60 s; counters, alerts and ids are the oracle's", short=4, long=30)  # fmt: skip
@pytest.mark.time_limit(2400)
def test_brokers_that_end_die_or_freeze_cost_no_record_and_no_alert(tmp_path, bin_dir, rng, seed, rounds):
    with KafkaCluster(3) as cluster:
        for topic in ("brokers", "brokers.alerts"):
            kafka_client.create_topic(cluster.bootstrap, topic, PARTITIONS, {"min.insync.replicas": "2"}, replicas=3)
        world = World(tmp_path, bin_dir, brokers=cluster.bootstrap, topic="brokers", alerts="brokers.alerts")
        feed = Feed(bin_dir, tmp_path / "made", world.brokers, world.topic, events=10_000 * rounds.count, seed=seed,
                    partitions=PARTITIONS)  # fmt: skip
        with feed, world.daemon() as daemon:
            feed.flow(RATE)
            wait_until(lambda: world.consumed() > 0, 30, "the first records")
            for n in rounds:
                how, who = HARMS[n % len(HARMS)].split()
                nodes = victims(cluster, world, who)
                leaders = kafka_client.leaders(cluster.bootstrap, world.topic)
                epoch = cluster.controller_epoch()
                before = world.consumed()
                stands_still = strike(cluster, nodes, how, rng.uniform(4, 5), lambda: is_still(world))
                begin = time.monotonic()
                cluster.wait_whole(world.topic)
                whole = time.monotonic() - begin
                held = sum(kafka_client.held(cluster.bootstrap, world.topic).values())
                world.wait_consumed(daemon, held, GO_ON_SECONDS_MAX)
                took = time.monotonic() - begin
                print(f"{how} of {who} {[node.node for node in nodes]}: {held - before} records, whole after {whole:.1f} s, counted after {took:.1f} s")
                assert took <= GO_ON_SECONDS_MAX
                struck = {
                    "leader": kafka_client.leaders(cluster.bootstrap, world.topic) != leaders,
                    "controller": cluster.controller_epoch() > epoch,
                    "all": stands_still,
                }
                rounds.reached(feed.left > 0 and struck[who])
            feed.finish()
            # What counts is what the brokers hold: where they died, now and then a record twice.
            ends = sum(kafka_client.held(cluster.bootstrap, world.topic).values())
            data = tmp_path / "data"
            print(f"{feed.total} records given, {ends} held")
            assert ends >= feed.total, "the cluster lost what it had acknowledged"
            assert save_topic(world.brokers, world.topic, data) == ends
            with oracle_running(world, data) as pending:
                wait_settled(world, daemon, ends, GO_ON_SECONDS_MAX)
                assert daemon.terminate(10) == 0
                truth = pending.wait()
        assert_exact(world, truth)
