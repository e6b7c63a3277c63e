"""The real Kafka, the topics of made-up traffic in it, and the folder that a run of the bench works in."""

import json
import os
import pathlib
import shutil
import tempfile
import time
from typing import Any, Dict, NamedTuple

from bench.figures import say
from support import kafka_client
from support.kafka_broker import KafkaBroker
from support.processes import ROOT, free_port, run
from support.product import World

PARTITIONS = 4
YEAR_EVENTS, YEAR_DAYS = 290_000_000, 365
GENERATED_PER_SECOND_MIN = 100_000  # else something hangs

# The broker as it serves in the field: its own compiler at full strength, and room to work in.
_JAVA = ("-Xms768m", "-Xmx768m", "-XX:+UseParallelGC")
_BROKER = {"log.segment.delete.delay.ms": "1000", "log.retention.check.interval.ms": "600000"}

# ICE's blocks are ordered and enforced in the month that this starts.
FROM = "2025-05-20"


class Corpus(NamedTuple):
    topic: str
    records: int
    bytes_on_disk: int


def json_of(bin_dir: pathlib.Path, program: str, *words: Any, seconds: float) -> Dict[str, Any]:
    """What one of the bench's own programs prints."""
    return json.loads(run([bin_dir / program, *map(str, words)], seconds=seconds).stdout)


class Rig:
    """A context manager: entering starts the broker, leaving stops it and deletes topics and states.

    `shared`: what one mode leaves for the next.
    """

    def __init__(self, bin_dir: pathlib.Path, seed: int):
        for program in ("blockwatch", "blockwatchd", "bench_ceiling", "bench_prober"):
            if not (bin_dir / program).is_file():
                raise SystemExit(f"bench: {bin_dir / program} is missing: run ./dev build first")
        self.bin_dir, self.seed = bin_dir, seed
        self.shared: Dict[str, Any] = {}
        self._names = 0

    def __enter__(self) -> "Rig":
        (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=ROOT / "build/bench"))
        self._broker = KafkaBroker(_BROKER, java=_JAVA)
        self._broker.__enter__()
        self.bootstrap, self.broker_pid = self._broker.bootstrap, self._broker.pid
        return self

    def __exit__(self, *exc_info) -> None:
        self._broker.__exit__(*exc_info)
        shutil.rmtree(self.folder, ignore_errors=True)

    def name(self, what: str) -> str:
        """One that was not there before."""
        self._names += 1
        return f"{what}-{self._names}"

    def new_topic(self, what: str, partitions: int = 1) -> str:
        name = self.name(what)
        kafka_client.create_topic(self.bootstrap, name, partitions)
        return name

    def delete_topic(self, name: str) -> None:
        kafka_client.delete_topic(self.bootstrap, name)

    def world(self, topic: str, **more: Any) -> World:
        """A daemon's configuration with everything on; its state is fresh."""
        name = self.name("world")
        return World(self.folder / name, self.bin_dir, brokers=self.bootstrap, topic=topic, alerts=self.new_topic("alerts"),
                     listen=f"127.0.0.1:{free_port()}", group="bench-" + name, **more)  # fmt: skip

    def generate(self, topic: str, events: int, *words: Any) -> None:
        """Made-up traffic into a topic, which is created if it is not there."""
        start = time.monotonic()
        command = [self.bin_dir / "blockwatch", "generate", "--seed", self.seed, "--to-kafka", self.bootstrap, topic, PARTITIONS, *words]
        run([str(word) for word in command], seconds=120 + events / GENERATED_PER_SECOND_MIN)
        seconds = time.monotonic() - start
        say(f"{topic}: {events:,} events made in {seconds:.1f} s, {events / seconds / 1e6:.2f} M/s")
        os.sync()  # what the broker still had to write is nobody's time

    def corpus(self, events: int, *words: Any, begin: str = FROM) -> Corpus:
        """`events` events at the network's own pace: a year of them would be 290 million."""
        topic = self.name("queries")
        days = max(1, round(events * YEAR_DAYS / YEAR_EVENTS))
        self.generate(topic, events, "--events", events, "--days", days, "--from", begin, *words)
        return self.measured(topic)

    def measured(self, topic: str) -> Corpus:
        marks = kafka_client.watermarks(self.bootstrap, topic)
        logs = (self._broker.folder / "data").glob(f"{topic}-*/*.log")
        return Corpus(topic, sum(high - low for low, high in marks.values()), sum(log.stat().st_size for log in logs))
