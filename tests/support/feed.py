"""Traffic that flows while a test does harm: made-up records, generated beforehand so that the oracle works meanwhile, and
given to a topic at a rate that the test changes as it likes."""

import itertools
import pathlib
import threading
import time
from typing import Any, List, Optional, Tuple

from support.kafka_client import SteadyProducer
from support.processes import wait_until
from support.product import generate

TICK_SECONDS = 0.02


class Feed:
    """Generates `data` (pN.ndjson, pN.ts); as a context manager gives it to the topic, from a thread of its own. Nothing
    flows before flow()."""

    def __init__(
        self,
        bin_dir: pathlib.Path,
        data: pathlib.Path,
        brokers: str,
        topic: str,
        *,
        events: int,
        seed: int,
        partitions: int,
        words: Tuple[Any, ...] = (),
    ):
        """`words`: further ones for `blockwatch generate`."""
        generate(bin_dir, "--events", events, "--seed", seed, "--partitions", partitions, "--out", data, *words)
        self.data, self._topic, self._brokers = data, topic, brokers
        columns = []
        for partition in range(partitions):
            values = (data / f"p{partition}.ndjson").read_bytes().splitlines()
            stamps = map(int, (data / f"p{partition}.ts").read_text().split())
            columns.append([(partition, value, stamp) for value, stamp in zip(values, stamps)])
        rows = itertools.chain.from_iterable(itertools.zip_longest(*columns))
        self._records: List[Tuple[int, bytes, int]] = [record for record in rows if record is not None]
        assert len(self._records) == events
        self._rate = 0.0
        self._given = 0
        self._end = threading.Event()
        self._producer: Optional[SteadyProducer] = None
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def __enter__(self) -> "Feed":
        self._producer = SteadyProducer(self._brokers)
        self._thread.start()
        return self

    def __exit__(self, *exc_info) -> None:
        self._end.set()
        self._thread.join(60)
        self._producer.close()

    @property
    def total(self) -> int:
        return len(self._records)

    @property
    def acknowledged(self) -> int:
        """Records that the brokers have said they hold."""
        return self._producer.acknowledged

    @property
    def left(self) -> int:
        return len(self._records) - self._given

    def flow(self, records_a_second: float) -> None:
        """From now on; 0: nothing."""
        self._rate = records_a_second

    def finish(self, seconds: float = 120) -> None:
        """Gives the rest as fast as it goes and returns when all of it is acknowledged."""
        self.flow(1e9)
        wait_until(lambda: self.acknowledged == self.total or self._producer.failures, seconds, "the feed's acknowledgements")
        assert not self._producer.failures, f"the feed lost records: {self._producer.failures[0]}"

    def _run(self) -> None:
        due, last = 0.0, time.monotonic()
        while not self._end.wait(TICK_SECONDS):
            now = time.monotonic()
            due, last = min(due + self._rate * (now - last), 20_000.0), now
            some = self._records[self._given : self._given + int(due)]
            for partition, value, stamp in some:
                self._producer.produce(self._topic, partition, value, stamp)
            self._given += len(some)
            due -= len(some)
            self._producer.poll()
