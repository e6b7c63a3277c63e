"""Transactions in the topic (row 12 of docs/RELIABILITY.md): what is aborted never counts, and one that stays open is told."""

import json
import time

import pytest

from support.kafka_client import OpenTransaction, consume_all, produce_ndjson, watermarks
from support.processes import wait_until
from support.product import World, generate, new_topic

SILENCE_SECONDS_MAX = 30


def lines_of(bin_dir, folder, count, seed):
    generate(bin_dir, "--events", 2 * count, "--days", 1, "--seed", seed, "--partitions", 1, "--oddities", 0, "--out", folder)
    return (folder / "p0.ndjson").read_bytes().splitlines()[:count]


def in_scope(line):
    return json.loads(line)["message_key"] not in "DR DRG DNR KR RR RNR RPR IAR ER SM".split()


def silent_seconds(world):
    (seconds,) = world.metric("blockwatch_partition_silent_seconds").values()
    return seconds


@pytest.mark.fault(row=12, what="aborted transactions, one that stays open", injected="a transactional producer",
                   seen="aborted never count; the open one is alerted and restarts nothing", often="once")  # fmt: skip
def test_aborted_records_never_count_and_an_open_transaction_is_told_and_restarts_nothing(tmp_path, bin_dir, broker):
    brokers = broker.bootstrap
    stem = f"transactions.{time.time_ns()}"
    topic, alerts = new_topic(brokers, stem), new_topic(brokers, stem + ".alerts")
    world = World(tmp_path, bin_dir, brokers=brokers, topic=topic, alerts=alerts)
    plain, aborted, committed, held = (lines_of(bin_dir, tmp_path / str(seed), 50, seed) for seed in (1, 2, 3, 4))

    def told():
        events = [json.loads(record.value)["data"] for record in consume_all(brokers, alerts)]
        return [(e["kind"], e["severity"], e["policy"], e["count"]) for e in events if e["kind"] in ("feed_gap", "data_gap")]

    with world.daemon() as daemon:
        produce_ndjson(brokers, topic, [(0, None, line, None) for line in plain])
        OpenTransaction(brokers, topic, aborted).abort()
        OpenTransaction(brokers, topic, committed).commit()
        world.wait_consumed(daemon, 100)
        # The log ends with the mark of a transaction, and that is no silence.
        (end,) = watermarks(brokers, topic).values()
        assert end[1] == 152

        open_one = OpenTransaction(brokers, topic, held)
        produce_ndjson(brokers, topic, [(0, None, line, None) for line in plain])  # duplicates, behind it
        begin = time.monotonic()
        wait_until(told, SILENCE_SECONDS_MAX + 10, "the alert of an open transaction", interval_seconds=0.5)
        assert time.monotonic() - begin > SILENCE_SECONDS_MAX - 5, "a transaction may take a while"
        assert told() == [("feed_gap", "warning", f"{topic}/0", 1)]
        assert silent_seconds(world) >= SILENCE_SECONDS_MAX - 1
        assert any("although its log goes on" in text for text in world.ask("/api/v1/status")["attention"])
        assert world.consumed() == 100 and daemon.running()
        assert "partition_held_back" in daemon.stderr() and "partition_stalled" not in daemon.stderr()

        open_one.commit()
        world.wait_consumed(daemon, 200)
        wait_until(lambda: silent_seconds(world) == 0, 10, "the end of the silence")
        assert daemon.terminate(10) == 0
    (partition,) = world.completeness()["partitions"]
    assert (partition["consumed"], partition["rejected"], partition["gaps"]) == (200, 0, [])
    assert partition["counted"] == sum(map(in_scope, plain + committed + held))
    assert partition["duplicate"] == sum(map(in_scope, plain))
