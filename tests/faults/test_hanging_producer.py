"""A transactional producer that stands still inside its transaction: the daemon says so, waits, and goes on by itself once the brokers
have aborted the transaction. What the producer wanted to commit after that never counts."""

import signal
import sys
import time

import pytest

from support.kafka_client import produce_ndjson, watermarks
from support.processes import ROOT, Process, wait_until
from support.product import World, new_topic

RECORDS = 50
OPEN_SECONDS_MAX = 45  # longer than a silence takes to be told (30 s)
ABORT_SECONDS_MAX = OPEN_SECONDS_MAX + 15  # the brokers look every 10 s
PRODUCER = """
import pathlib, sys, time
from support.kafka_client import KafkaException, OpenTransaction
open_one = OpenTransaction({brokers!r}, {topic!r}, [b"never"] * {records}, open_seconds_max={seconds})
print("open", flush=True)
while not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
try:
    open_one.commit()
    print("committed")
except KafkaException as error:
    print("refused", error)
"""


@pytest.mark.fault(row=12, what="a producer that stands still in its transaction", injected="SIGSTOP of the producer",
                   seen="told, nothing restarts; goes on once the brokers abort; its records never count", short=0, long=1)  # fmt: skip
@pytest.mark.long
def test_a_producer_that_stands_still_in_a_transaction_holds_up_and_then_no_longer(tmp_path, bin_dir, broker, rounds):
    topic = new_topic(broker.bootstrap, f"hanging.{time.time_ns()}")
    world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic)
    go = tmp_path / "go"
    script = PRODUCER.format(brokers=broker.bootstrap, topic=topic, records=RECORDS, seconds=OPEN_SECONDS_MAX, go=str(go))
    env = {"PYTHONPATH": str(ROOT / "tests")}
    with world.daemon() as daemon, Process([sys.executable, "-c", script], log=tmp_path / "producer.log", env=env) as producer:
        wait_until(lambda: "open" in producer.stdout(), 30, "the open transaction")
        producer.signal(signal.SIGSTOP)
        produce_ndjson(broker.bootstrap, topic, [(0, None, b"behind it", None)] * RECORDS)
        wait_until(lambda: "partition_held_back" in daemon.stderr(), OPEN_SECONDS_MAX, "the daemon to tell", interval_seconds=0.5)
        assert world.consumed() == 0
        world.wait_consumed(daemon, RECORDS, ABORT_SECONDS_MAX)
        wait_until(lambda: set(world.metric("blockwatch_partition_silent_seconds").values()) == {0}, 10, "the end of the silence")
        producer.signal(signal.SIGCONT)
        go.touch()
        assert producer.wait(60) == 0, producer.tail()
        rounds.reached("refused" in producer.stdout())
        time.sleep(1)
        assert "partition_stalled" not in daemon.stderr()
        assert daemon.terminate(10) == 0
    ((_, end),) = watermarks(broker.bootstrap, topic).values()
    assert end == 2 * RECORDS + 1  # and the mark of the abort
    (partition,) = world.completeness()["partitions"]
    assert (partition["consumed"], partition["rejected"], partition["gaps"]) == (RECORDS, RECORDS, [])
