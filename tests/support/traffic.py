"""One made-up traffic and the oracle's answer to it, for many tests: each puts it into a topic of its own, in portions."""

import pathlib
from typing import List, Optional, Tuple

from support.kafka_client import produce_ndjson
from support.product import Truth, World, generate, in_topic, new_topic, truth_of

Lines = List[Tuple[bytes, int]]  # payload and broker timestamp in ms


class Traffic:
    def __init__(self, folder: pathlib.Path, bin_dir: pathlib.Path, *, events: int, partitions: int, seed: int):
        self.data = folder / "data"
        generate(bin_dir, "--events", events, "--seed", seed, "--partitions", partitions, "--out", self.data)
        self.events = events
        self.partitions: List[Lines] = []
        for number in range(partitions):
            stem = self.data / f"p{number}"
            stamps = map(int, stem.with_suffix(".ts").read_text().split())
            self.partitions.append(list(zip(stem.with_suffix(".ndjson").read_bytes().splitlines(), stamps)))
        self._world = World(folder / "oracle", bin_dir)
        self._truth: Optional[Truth] = None

    def truth(self, topic: str) -> Truth:
        """Worked out when it is first asked for."""
        if self._truth is None:
            self._truth = truth_of(self._world, self.data)
        return in_topic(self._truth, topic)

    def portions(self, brokers: str, topic: str) -> "Portions":
        """Into a topic that this creates."""
        return self.into(brokers, new_topic(brokers, topic, len(self.partitions)))

    def into(self, brokers: str, topic: str) -> "Portions":
        """Into a topic that exists."""
        return Portions(self.partitions, brokers, topic)


class Portions:
    """What of a traffic is not in its topic yet."""

    def __init__(self, partitions: List[Lines], brokers: str, topic: str):
        self._left = [list(lines) for lines in partitions]
        self._brokers, self.topic = brokers, topic
        self.produced = 0  # records so far, in all

    def some(self, records: int) -> int:
        """The next so many of each partition, acknowledged by the broker. Returns how many those are in all."""
        portion = [(number, None, value, stamp) for number, lines in enumerate(self._left) for value, stamp in lines[:records]]
        self._left = [lines[records:] for lines in self._left]
        self.produced += len(portion)
        return produce_ndjson(self._brokers, self.topic, portion) if portion else 0

    def rest(self) -> int:
        return self.some(max(map(len, self._left)))
