"""A real Apache Kafka for the tests: one broker in KRaft mode on loopback, or several that are a cluster, their data under
build/kafka/. A proxy may stand before each for whom the faults are meant.

The jars are those of tests/support/kafka/pom.xml, fetched once from Maven Central into build/kafka/libs.
"""

import base64
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import uuid
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from support import kafka_client
from support.processes import ROOT, Process, free_port, run, wait_until
from support.tcp_proxy import TcpProxy

_POM = ROOT / "tests/support/kafka/pom.xml"
_KAFKA = ROOT / "build/kafka"
_LIBS = _KAFKA / "libs"

# Times are those of a machine with two busy cores: short enough to restart in seconds, long enough that the
# broker is not declared dead while it only waits for a core.
_CONFIG = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "num.recovery.threads.per.data.dir": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "broker.heartbeat.interval.ms": "300",
    "broker.session.timeout.ms": "2000",
    "controlled.shutdown.enable": "false",
    "controller.quorum.election.timeout.ms": "300",
    "controller.quorum.election.backoff.max.ms": "100",
    # Events of any year are produced and kept, and records far larger than the product takes.
    "log.retention.ms": "-1",
    "log.message.timestamp.before.max.ms": str(2**63 - 1),
    "log.message.timestamp.after.max.ms": str(2**63 - 1),
    "message.max.bytes": str(kafka_client.MESSAGE_BYTES_MAX),
    "replica.fetch.max.bytes": str(kafka_client.MESSAGE_BYTES_MAX),
    "log.cleaner.dedupe.buffer.size": str(2 << 20),
    "log.cleaner.io.buffer.size": str(128 << 10),
}

# For a test: up in seconds, small.
_JAVA = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_JAVA_OF_SEVERAL = ("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def _fetch_jars() -> None:
    """Fills build/kafka/libs unless it holds the jars of this very pom. Safe with two runs at once."""
    _KAFKA.mkdir(parents=True, exist_ok=True)
    stamp = _KAFKA / "libs.stamp"
    wanted = hashlib.sha256(_POM.read_bytes()).hexdigest()
    with open(_KAFKA / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted and _LIBS.is_dir():
            return
        shutil.rmtree(_LIBS, ignore_errors=True)
        command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies",
                   "-DincludeScope=runtime", f"-DoutputDirectory={_LIBS}"]  # fmt: skip
        for attempt in range(3):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
            if done.returncode == 0:
                stamp.write_text(wanted)
                return
        raise RuntimeError(f"cannot fetch Kafka from Maven Central: {' '.join(command)}\n{done.stdout[-3000:]}")


def _kafka_uuid() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


class Seat(NamedTuple):
    """A node's place in a cluster."""

    node: int
    cluster_id: str
    controllers: Mapping[int, str]  # the addresses of all of them, by node


def _seats(count: int) -> List[Seat]:
    cluster_id = _kafka_uuid()
    controllers = {node: f"127.0.0.1:{free_port()}" for node in range(1, count + 1)}
    return [Seat(node, cluster_id, controllers) for node in controllers]


class KafkaBroker:
    """One broker that keeps its ports, its data and its cluster id over stop, kill and restart.

    A context manager: entering starts it, leaving kills it and deletes its data. Its log is kept in
    build/kafka/ if it did not end well.
    """

    def __init__(
        self,
        overrides: Optional[Mapping[str, str]] = None,
        *,
        java: Sequence[str] = _JAVA,
        host: str = "127.0.0.1",
        proxied: bool = False,
        seat: Optional[Seat] = None,
    ):
        """`overrides`: settings of the broker. `java`: of the virtual machine that it runs in. `host`: an address of this
        machine, on which it serves. `proxied`: who bootstraps
        from `proxied_bootstrap` reaches it through `proxy` and nowhere else; everybody else is not affected. `seat`: in
        a cluster; by itself it is one."""
        _fetch_jars()
        self._java = java
        seat = seat or _seats(1)[0]
        self.node = seat.node
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="broker-", dir=_KAFKA))
        self.log = self.folder / "kafka.log"
        self.port = free_port()
        self.bootstrap = f"{host}:{self.port}"
        self._process: Optional[Process] = None
        listeners = {"PLAINTEXT": self.bootstrap}
        advertised = dict(listeners)
        self.proxy: Optional[TcpProxy] = None
        if proxied:
            behind = free_port()
            self.proxy = TcpProxy(behind)
            self.proxied_bootstrap = self.proxy.address
            listeners["PROXIED"], advertised["PROXIED"] = f"127.0.0.1:{behind}", self.proxied_bootstrap

        data = self.folder / "data"
        data.mkdir()
        # What `kafka-storage format` writes; without it the broker bootstraps the newest metadata version.
        # Saves starting a second Java.
        (data / "meta.properties").write_text(
            f"version=1\ncluster.id={seat.cluster_id}\nnode.id={self.node}\ndirectory.id={_kafka_uuid()}\n"
        )
        listing = lambda some: ",".join(f"{name}://{address}" for name, address in some.items())
        config = {
            **_CONFIG,
            "node.id": str(self.node),
            "controller.quorum.voters": ",".join(f"{node}@{address}" for node, address in seat.controllers.items()),
            "listeners": listing({**listeners, "CONTROLLER": seat.controllers[self.node]}),
            "advertised.listeners": listing(advertised),
            "log.dirs": str(data),
            **(overrides or {}),
        }
        text = "".join(f"{key}={value}\n" for key, value in config.items())
        (self.folder / "server.properties").write_text(text)

    def __enter__(self) -> "KafkaBroker":
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, exc_type, *rest) -> None:
        self.kill()
        if self.proxy is not None:
            self.proxy.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, seconds: float = 60) -> "KafkaBroker":
        """Starts it and returns when clients are served."""
        self.launch()
        self.wait_ready(seconds)
        return self

    def launch(self) -> None:
        """Starts it and does not wait."""
        assert self._process is None, "the broker already runs"
        command = ["java", *self._java, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{_LIBS}/*",
                   "kafka.Kafka", self.folder / "server.properties"]  # fmt: skip
        self._process = Process(command, log=self.log)

    def wait_ready(self, seconds: float = 60) -> None:
        wait_until(self._answers, seconds, f"Kafka to answer on {self.bootstrap}")

    def running(self) -> bool:
        return self._process is not None and self._process.running()

    def _answers(self) -> bool:
        if not self._process.running():
            raise AssertionError(f"Kafka did not start\n{self._process.tail()}")
        return kafka_client.is_ready(self.bootstrap)

    @property
    def pid(self) -> int:
        return self._process.pid

    def terminate(self) -> None:
        """SIGTERM; stop() waits for what comes of it."""
        self._process.signal(signal.SIGTERM)

    def stop(self, seconds: float = 30) -> None:
        """A clean end by SIGTERM."""
        self._process.terminate(seconds)
        self._process = None

    def kill(self) -> None:
        """kill -9; does nothing if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> "KafkaBroker":
        """kill -9 and start on the same data and ports."""
        self.kill()
        return self.start()

    def delete_records(self, topic: str, partition: int, before: int, seconds: float = 60) -> None:
        """As retention does, at once."""
        command = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{_LIBS}/*",
                   _POM.parent / "DeleteRecords.java", self.bootstrap, topic, str(partition), str(before)]  # fmt: skip
        run(command, seconds=seconds)

    def cut_log(self, topic: str, partition: int, share: float) -> None:
        """kill -9, take the end off the partition's only segment, start: what an unclean loss leaves."""
        self.kill()
        (segment,) = (self.folder / "data" / f"{topic}-{partition}").glob("*.log")
        os.truncate(segment, int(segment.stat().st_size * share))
        self.start()
        wait_until(lambda: kafka_client.has_leaders(self.bootstrap, topic), 30, f"the leaders of {topic}")

    def freeze(self) -> None:
        """It keeps its connections and answers nothing, until thaw()."""
        self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.signal(signal.SIGCONT)

    def quorum(self) -> Dict[str, int]:
        """What it last wrote about who leads the controllers: leaderEpoch, and leaderId (-1: nobody)."""
        return json.loads((self.folder / "data/__cluster_metadata-0/quorum-state").read_text())


class KafkaCluster:
    """Brokers that are controllers too, and lead and follow each other: node N is `nodes[N]`, and the methods of
    KafkaBroker are for one of them. A context manager as KafkaBroker is."""

    def __init__(self, count: int = 3, *, proxied: bool = False):
        overrides = {"offsets.topic.replication.factor": str(count)}
        seats = _seats(count)
        self.nodes: Dict[int, KafkaBroker] = {
            seat.node: KafkaBroker(overrides, java=_JAVA_OF_SEVERAL, proxied=proxied, seat=seat) for seat in seats
        }
        self.bootstrap = ",".join(node.bootstrap for node in self.nodes.values())
        if proxied:
            self.proxied_bootstrap = ",".join(node.proxied_bootstrap for node in self.nodes.values())

    def __enter__(self) -> "KafkaCluster":
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc_info) -> None:
        for node in self.nodes.values():
            node.__exit__(None)

    def start(self, seconds: float = 90) -> None:
        """Whichever do not run, side by side; returns when all serve."""
        for node in self.nodes.values():
            if not node.running():
                node.kill()  # forgets one that ended
                node.launch()
        for node in self.nodes.values():
            node.wait_ready(seconds)

    def leader(self, topic: str, partition: int = 0) -> KafkaBroker:
        return self.nodes[kafka_client.leaders(self.bootstrap, topic)[partition]]

    def controller(self) -> KafkaBroker:
        """The one that leads the controllers, as those that run remember it; waits for an election that is under way."""
        wait_until(lambda: self._quorum()["leaderId"] >= 0, 30, "a leader of the controllers")
        return self.nodes[self._quorum()["leaderId"]]

    def controller_epoch(self) -> int:
        """Rises with each election."""
        return self._quorum()["leaderEpoch"]

    def _quorum(self) -> Dict[str, int]:
        return max((node.quorum() for node in self.nodes.values() if node.running()), key=lambda state: state["leaderEpoch"])

    def wait_whole(self, topic: str, seconds: float = 60) -> None:
        """Until every replica of every partition is in sync."""
        wait_until(lambda: kafka_client.is_whole(self.bootstrap, topic), seconds, f"every replica of {topic}", interval_seconds=0.2)
