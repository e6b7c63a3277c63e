"""A small Kafka client for tests: topics, records in, records out.

The only file that knows confluent_kafka (1.7.0 in Debian 12 and 13). It shares the C library with the
product and nothing else.
"""

import time
from typing import Iterable, List, Mapping, NamedTuple, Optional, Tuple

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

MESSAGE_BYTES_MAX = 16 << 20  # of the tests' brokers and producers: poison has 10 MB

_QUIET = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200}


class Record(NamedTuple):
    partition: int
    offset: int
    key: Optional[bytes]
    value: Optional[bytes]  # None: a tombstone
    timestamp_ms: Optional[int]


def is_ready(brokers: str) -> bool:
    """Whether a broker answers and knows itself as a member of the cluster."""
    admin = AdminClient({**_QUIET, "bootstrap.servers": brokers})
    try:
        known = admin.list_topics(timeout=1).brokers
    except KafkaException:
        return False
    return any(node >= 0 for node in known)  # one that only stands for the bootstrap address is negative


def create_topic(
    brokers: str,
    name: str,
    partitions: int,
    config: Optional[Mapping[str, str]] = None,
    *,
    replicas: int = 1,
    seconds: float = 20,
) -> None:
    """Creates it and returns when every partition has a leader."""
    admin = AdminClient({**_QUIET, "bootstrap.servers": brokers})
    topic = NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=dict(config or {}))
    admin.create_topics([topic], operation_timeout=seconds)[name].result(seconds)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = admin.list_topics(name, timeout=seconds).topics[name].partitions
        if len(seen) == partitions and all(partition.leader >= 0 for partition in seen.values()):
            return
        time.sleep(0.02)
    raise AssertionError(f"topic {name} has no leaders after {seconds} s")


def has_leaders(brokers: str, topic: str, *, seconds: float = 20) -> bool:
    """Whether every partition is served, as it is not yet for a moment after a broker's start."""
    try:
        watermarks(brokers, topic, seconds=seconds)
    except KafkaException:
        return False
    return True


def leaders(brokers: str, topic: str, *, seconds: float = 20) -> Mapping[int, int]:
    """The node that leads each partition (-1: none)."""
    seen = AdminClient({**_QUIET, "bootstrap.servers": brokers}).list_topics(topic, timeout=seconds).topics[topic]
    return {number: partition.leader for number, partition in seen.partitions.items()}


def is_whole(brokers: str, topic: str, *, seconds: float = 20) -> bool:
    """Whether every partition has a leader and every replica is in sync."""
    try:
        seen = AdminClient({**_QUIET, "bootstrap.servers": brokers}).list_topics(topic, timeout=seconds).topics[topic]
    except KafkaException:
        return False
    return bool(seen.partitions) and all(
        partition.leader >= 0 and len(partition.isrs) == len(partition.replicas) for partition in seen.partitions.values()
    )


def delete_topic(brokers: str, name: str, *, seconds: float = 20) -> None:
    """Deletes it and returns when the broker no longer lists it."""
    admin = AdminClient({**_QUIET, "bootstrap.servers": brokers})
    admin.delete_topics([name], operation_timeout=seconds)[name].result(seconds)
    deadline = time.monotonic() + seconds
    while name in admin.list_topics(timeout=seconds).topics:
        assert time.monotonic() < deadline, f"topic {name} is still there after {seconds} s"
        time.sleep(0.02)


def produce_ndjson(
    brokers: str,
    topic: str,
    records: Iterable[Tuple[int, Optional[bytes], Optional[bytes], Optional[int]]],
    *,
    seconds: float = 60,
) -> int:
    """Writes (partition, key, value, timestamp in ms) records, per partition in the order given; a value of
    None is a tombstone, a timestamp of None is now. Returns how many, when all of them are acknowledged."""
    failures: List[str] = []

    def on_delivery(error, _message):
        if error is not None:
            failures.append(str(error))

    producer = Producer(
        {
            **_QUIET,
            "bootstrap.servers": brokers,
            "enable.idempotence": True,
            "linger.ms": 5,
            "batch.num.messages": 10_000,
            "message.max.bytes": MESSAGE_BYTES_MAX,
            "queue.buffering.max.messages": 100_000,
            "queue.buffering.max.kbytes": 128 << 10,
        }
    )
    count = 0
    deadline = time.monotonic() + seconds
    for partition, key, value, timestamp_ms in records:
        extra = {} if timestamp_ms is None else {"timestamp": timestamp_ms}
        while True:
            try:
                producer.produce(topic, value, key, partition, on_delivery, **extra)
                break
            except BufferError:
                assert time.monotonic() < deadline, f"the broker took only part of {topic} in {seconds} s"
                producer.poll(0.1)
        count += 1
        if count % 1000 == 0:
            producer.poll(0)
    left = producer.flush(max(0.0, deadline - time.monotonic()))
    assert left == 0, f"{left} records of {topic} are not acknowledged after {seconds} s"
    assert not failures, f"{len(failures)} records of {topic} failed; first: {failures[0]}"
    return count


class SteadyProducer:
    """Every in-sync replica acknowledging, and patient: brokers may be away for minutes. Not idempotent: where brokers die, such a
    producer fails for good, or takes records for written that are not. So records may be there twice: the topic says what it holds."""

    def __init__(self, brokers: str):
        self.acknowledged = 0
        self.failures: List[str] = []
        self._producer = Producer(
            {
                **_QUIET,
                "bootstrap.servers": brokers,
                "acks": "all",
                "max.in.flight": 1,  # so that they stay in order
                "linger.ms": 5,
                "socket.timeout.ms": 5_000,
                "message.timeout.ms": 600_000,
                "message.max.bytes": MESSAGE_BYTES_MAX,
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def _on_delivery(self, error, _message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self.failures.append(str(error))

    def produce(self, topic: str, partition: int, value: bytes, timestamp_ms: int) -> None:
        self._producer.produce(topic, value, None, partition, self._on_delivery, timestamp=timestamp_ms)

    def poll(self) -> None:
        """Counts what was acknowledged meanwhile."""
        self._producer.poll(0)

    def close(self, seconds: float = 5) -> None:
        """What is not acknowledged by then is given up."""
        self._producer.flush(seconds)


class OpenTransaction:
    """Records of a transaction that is still open: on the brokers, and not to be read."""

    def __init__(
        self,
        brokers: str,
        topic: str,
        values: Iterable[bytes],
        *,
        partition: int = 0,
        seconds: float = 30,
        open_seconds_max: float = 60,
    ):
        """`open_seconds_max`: after it the brokers abort the transaction."""
        self._producer = Producer(
            {
                **_QUIET,
                "bootstrap.servers": brokers,
                "transactional.id": f"open-{time.time_ns()}",
                "transaction.timeout.ms": round(open_seconds_max * 1000),
            }
        )
        self._producer.init_transactions(seconds)
        self._producer.begin_transaction()
        for value in values:
            self._producer.produce(topic, value, partition=partition)
        left = self._producer.flush(seconds)
        assert left == 0, f"{left} records of the transaction are not acknowledged after {seconds} s"

    def commit(self, seconds: float = 30) -> None:
        self._producer.commit_transaction(seconds)

    def abort(self, seconds: float = 30) -> None:
        self._producer.abort_transaction(seconds)


def watermarks(brokers: str, topic: str, *, seconds: float = 20) -> Mapping[int, Tuple[int, int]]:
    """Per partition: the first offset still there, and the one the next record will get."""
    consumer = Consumer({**_QUIET, "bootstrap.servers": brokers, "group.id": "blockwatch-tests"})
    try:
        described = consumer.list_topics(topic, timeout=seconds).topics[topic]
        if described.error is not None:
            raise KafkaException(described.error)
        ask = consumer.get_watermark_offsets
        return {p: ask(TopicPartition(topic, p), timeout=seconds) for p in sorted(described.partitions)}
    finally:
        consumer.close()


def held(brokers: str, topic: str, *, seconds: float = 60) -> Mapping[int, int]:
    """How many records each partition holds by its offsets, which is what it does hold where none was deleted and none is a
    transaction's. Waits for leaders that are only just chosen."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return {partition: end for partition, (_, end) in watermarks(brokers, topic).items()}
        except KafkaException:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def consume_all(brokers: str, topic: str, *, seconds: float = 60) -> List[Record]:
    """Every record up to the end of each partition, sorted by partition and offset. Only committed
    transactions; what is appended while this reads may or may not be in it."""
    ends = watermarks(brokers, topic, seconds=seconds)
    reading = {p for p, (low, high) in ends.items() if low < high}
    consumer = Consumer(
        {
            **_QUIET,
            "bootstrap.servers": brokers,
            "group.id": "blockwatch-tests",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    records: List[Record] = []
    deadline = time.monotonic() + seconds
    try:
        consumer.assign([TopicPartition(topic, p, ends[p][0]) for p in sorted(reading)])
        while reading:
            assert time.monotonic() < deadline, f"partitions {reading} of {topic} not read in {seconds} s"
            for message in consumer.consume(num_messages=10_000, timeout=0.2):
                error = message.error()
                if error is None:
                    records.append(_record(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    reading.discard(message.partition())
                elif not error.retriable():
                    raise KafkaException(error)
    finally:
        consumer.close()
    return sorted(records, key=lambda record: record[:2])


def _record(message) -> Record:
    kind, timestamp_ms = message.timestamp()
    return Record(
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp_ms,
    )
