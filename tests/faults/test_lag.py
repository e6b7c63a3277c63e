"""More comes than is counted, minute after minute: it is told before the topic's retention takes what was not counted yet."""

import pytest

from support.feed import Feed
from support.kafka_broker import KafkaBroker
from support.processes import wait_until
from support.product import World, new_topic

PARTITIONS = 2
RATE = 600  # records a second
LINK_BYTES_A_SECOND = 60_000  # carries less than half of them
TOLD_SECONDS_MAX = 14 * 60  # ten steps of a minute, from 10,000 records of a partition on
CATCH_UP_SECONDS_MAX = 120


@pytest.mark.fault(row=9, what="a link that carries less than comes, for as long as it takes", injected="a slow TCP proxy",
                   seen="`feed_gap` on growing lag, once a partition; all is counted once the link is better", short=0, long=1)  # fmt: skip
@pytest.mark.long
@pytest.mark.time_limit(1200)
def test_a_lag_that_grows_for_ten_minutes_is_told(tmp_path, bin_dir, seed, rounds):
    with KafkaBroker(proxied=True) as broker:
        topic = new_topic(broker.bootstrap, "lag", PARTITIONS)
        world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic, through=broker.proxied_bootstrap)
        events = RATE * (TOLD_SECONDS_MAX + 30)
        feed = Feed(bin_dir, tmp_path / "data", broker.bootstrap, topic, events=events, seed=seed, partitions=PARTITIONS)
        grows = lambda: set(world.metric("blockwatch_partition_lag_grows").values())
        with feed, world.daemon() as daemon:
            feed.flow(RATE)
            wait_until(lambda: world.consumed() > 0, 30, "the first records")
            assert grows() == {0}
            broker.proxy.slow(LINK_BYTES_A_SECOND)
            wait_until(lambda: grows() == {1}, TOLD_SECONDS_MAX,
                       "the lag of every partition to be told", interval_seconds=1)  # fmt: skip
            rounds.reached(feed.left > 0 and broker.proxy.counted.slowed_bytes > 0)
            given = feed.acknowledged
            feed.flow(0)
            broker.proxy.heal()
            world.wait_consumed(daemon, given, CATCH_UP_SECONDS_MAX)
            wait_until(lambda: grows() == {0}, 90, "the end of the growth")
            assert daemon.stderr().count("event=lag_grows") == PARTITIONS
            assert daemon.terminate(10) == 0
    told = [i for i in world.incidents() if i["kind"] == "feed_gap"]
    assert sorted(i["policy"] for i in told) == [f"{topic}/{partition}" for partition in range(PARTITIONS)]
