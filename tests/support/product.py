"""The product as the tests use it: a configuration in a folder, the daemon, the command line, and the comparison of
what they say with what the oracle says."""

import contextlib
import http.client
import json
import pathlib
import shutil
import socket
import sys
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from support.kafka_client import consume_all, create_topic, watermarks
from support.processes import ROOT, Process, run, wait_until

EXAMPLES = ROOT / "config/examples"
TRUTH = ROOT / "tests/oracle/truth.py"
FILES = ("policy", "agencies", "oris")


class World:
    """A folder with a configuration, the examples' policy and catalog, and a state directory."""

    def __init__(
        self,
        folder: pathlib.Path,
        bin_dir: pathlib.Path,
        *,
        brokers: str = "127.0.0.1:1",
        topic: str = "nlets.queries",
        alerts: Optional[str] = None,
        listen: Optional[str] = None,
        policy: Optional[pathlib.Path] = None,
        agencies: Optional[pathlib.Path] = None,
        oris: Optional[pathlib.Path] = None,
        group: Optional[str] = None,
        state: Optional[pathlib.Path] = None,
        through: Optional[str] = None,
        more: str = "",
    ):
        """`alerts`: the topic of a kafka output. `listen`: a socket in the folder unless given. `group`: offsets are
        committed to the broker under this name. `state`: in the folder unless given. `through`: where the daemon finds
        the brokers, if not where the tests do (a proxy). `more`: further TOML."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.bin_dir, self.brokers = folder, bin_dir, brokers
        self.topic, self.alerts = topic, alerts
        self.policy = policy or EXAMPLES / "policy.toml"
        self.agencies = agencies or EXAMPLES / "agencies.toml"
        self.oris = oris or EXAMPLES / "oris.csv"
        self.state = state or folder / "state"
        self.socket = folder / "api.sock"
        self.listen = listen or f"unix:{self.socket}"
        self.config = folder / "blockwatchd.toml"
        self.log = folder / "daemon.log"
        advice = f'"group.id" = "{group}"\n' if group else ""
        output = f'[[output]]\nname = "alerts-topic"\nkind = "kafka"\ntopic = "{alerts}"\n' if alerts else ""
        self.config.write_text(
            f'[source]\nkind = "kafka"\ntopic = "{topic}"\n[source.kafka]\n"bootstrap.servers" = "{through or brokers}"\n{advice}'
            f'[state]\ndir = "{self.state}"\n[policy]\nfile = "{self.policy}"\n'
            f'[catalog]\nagencies = "{self.agencies}"\noris = "{self.oris}"\n[http]\nlisten = "{self.listen}"\n{output}{more}'
        )

    def daemon(self, env: Optional[Mapping[str, str]] = None) -> Process:
        """Starts it; use as a context manager."""
        return Process([self.bin_dir / "blockwatchd", "--config", self.config], log=self.log, env=env)

    def cli(self, *words: Any, status: Optional[int] = 0, seconds: float = 120) -> str:
        """What a command prints to standard output."""
        return run([self.bin_dir / "blockwatch", *map(str, words)], status=status, seconds=seconds).stdout

    def replay(self, *words: Any, seconds: float = 240) -> str:
        return self.cli("replay", "--config", self.config, *words, seconds=seconds)

    # ---- of a running daemon
    def get(self, resource: str, seconds: float = 30) -> Tuple[int, str]:
        """Status and body of a GET; OSError where nothing listens."""
        connection = _connection(self.listen, seconds)
        try:
            connection.request("GET", resource)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ask(self, resource: str) -> Any:
        status, body = self.get(resource)
        assert status == 200, f"{resource}: {status} {body}"
        return json.loads(body)

    def metric(self, name: str) -> Dict[str, float]:
        """The running daemon's series of that name, by their labels."""
        series = [line.rsplit(" ", 1) for line in self.get("/metrics")[1].splitlines() if line.startswith(name + "{")]
        return {labels[len(name) :]: float(value) for labels, value in series}

    def consumed(self) -> int:
        """Records that the running daemon has committed; -1: it does not answer."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return sum(p["consumed"] for p in self.ask("/api/v1/completeness")["partitions"])
        return -1

    def wait_consumed(self, daemon: Process, records: int, seconds: float = 120) -> None:
        def done() -> bool:
            assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
            return self.consumed() >= records

        wait_until(done, seconds, f"{records} records to be counted", interval_seconds=0.1)

    def wait_all_closed(self, daemon: Process, seconds: float = 60) -> None:
        """Every incident of an input that lies in the past closes once its partitions stand at their ends."""

        def done() -> bool:
            assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
            incidents = self.ask("/api/v1/incidents")["incidents"]
            return all(any(n["milestone"] == "closed" for n in i["notifications"]) for i in incidents)

        wait_until(done, seconds, "every incident to be closed", interval_seconds=0.2)

    # ---- of the state that nobody holds
    def report(self, truth: "Truth", cut: Mapping[str, Any]) -> Dict[str, Any]:
        words = ["--from", truth["from"], "--to", truth["to"], "--by", ",".join(cut["by"])]
        for name in ("agency", "unit"):
            if name in cut:
                words += ["--" + name, cut[name]]
        if "rollup" in cut:
            words.append("--rollup")
        return json.loads(self.cli("report", "--state-dir", self.state, *words, "--format", "json"))

    def completeness(self) -> Dict[str, Any]:
        return json.loads(self.cli("completeness", "--state-dir", self.state, "--format", "json"))

    def incidents(self) -> List[Dict[str, Any]]:
        return json.loads(self.cli("alerts", "list", "--state-dir", self.state, "--format", "json"))["incidents"]

    def wipe(self) -> None:
        shutil.rmtree(self.state, ignore_errors=True)


def _connection(listen: str, seconds: float) -> http.client.HTTPConnection:
    if not listen.startswith("unix:"):
        return http.client.HTTPConnection(listen, timeout=seconds)

    class Local(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(seconds)
            self.sock.connect(listen[len("unix:") :])

    return Local("localhost", timeout=seconds)


def generate(bin_dir: pathlib.Path, *words: Any, seconds: float = 120) -> None:
    run([bin_dir / "blockwatch", "generate", *map(str, words)], seconds=seconds)


# ------------------------------------------------------------------ the oracle
Truth = Dict[str, Any]


def save_topic(brokers: str, topic: str, folder: pathlib.Path) -> int:
    """Writes what a topic holds as pN.ndjson and pN.ts; returns how many records that are."""
    records = consume_all(brokers, topic)
    folder.mkdir()
    for partition in watermarks(brokers, topic):
        save_partition(folder, partition, [(r.value, r.timestamp_ms) for r in records if r.partition == partition])
    return len(records)


def save_partition(folder: pathlib.Path, partition: int, records: Sequence[Tuple[bytes, Optional[int]]]) -> None:
    """Values and broker timestamps as pN.ndjson and pN.ts."""
    (folder / f"p{partition}.ndjson").write_bytes(b"".join(value + b"\n" for value, _ in records))
    (folder / f"p{partition}.ts").write_text("".join(f"{stamp}\n" for _, stamp in records))


@contextlib.contextmanager
def oracle_running(
    world: World, data: pathlib.Path, *, as_of: Optional[str] = None, history: Optional[pathlib.Path] = None
) -> Iterator["PendingTruth"]:
    """Starts the oracle on a folder of records; it works while the product does."""
    out = data.with_suffix(".truth")
    command: List[Any] = [sys.executable, TRUTH, data, out, "--topic", world.topic]
    for name in FILES:
        command += ["--" + name, getattr(world, name)]
    if as_of is not None:
        command += ["--as-of", as_of]
    if history is not None:
        command += ["--policy-history", history]
    with Process(command, log=data.with_suffix(".oracle.log")) as process:
        yield PendingTruth(process, out)


class PendingTruth:
    def __init__(self, process: Process, out: pathlib.Path):
        self._process, self._out = process, out

    def wait(self, seconds: float = 240) -> Truth:
        status = self._process.wait(seconds)
        assert status == 0, f"the oracle ended with {status}\n{self._process.tail()}"
        return json.loads(self._out.read_text())


def truth_of(
    world: World, data: pathlib.Path, *, as_of: Optional[str] = None, history: Optional[pathlib.Path] = None
) -> Truth:
    with oracle_running(world, data, as_of=as_of, history=history) as pending:
        return pending.wait()


def in_topic(truth: Truth, topic: str) -> Truth:
    """The oracle's answer for the same records in a topic of another name."""
    incidents = [{**i, "first": {**i["first"], "topic": topic}, "last": {**i["last"], "topic": topic}} for i in truth["incidents"]]
    partitions = [{**p, "topic": topic} for p in truth["completeness"]["partitions"]]
    return {**truth, "incidents": incidents, "completeness": {"partitions": partitions}}


# ------------------------------------------------------------------ the comparison
def assert_same(what: str, got: Sequence[Any], want: Sequence[Any]) -> None:
    """Equality that names the first difference instead of printing everything."""
    if got == want:
        return
    for i, (g, w) in enumerate(zip(got, want)):
        assert g == w, f"{what}: element {i} is\n{g}\nand the oracle says\n{w}"
    assert len(got) == len(want), f"{what}: {len(got)} elements, and the oracle says {len(want)}"


def assert_same_rows(world: World, truth: Truth, *, ended: bool) -> None:
    """Every row of every cut, totals and roll-ups. `ended`: a batch reached the end of its input, so that all is
    complete (a daemon's clocks stand where its last events were)."""
    for cut in truth["reports"]:
        name = "report by " + ",".join(cut["by"])
        got = world.report(truth, cut)
        assert_same(name, got["rows"], cut["rows"])
        assert got["totals"] == cut["totals"], name
        assert got.get("rollup") == cut.get("rollup"), name
        assert not ended or (got["complete"] and got["final"] and got["gaps"] == []), name


def assert_balanced(completeness: Mapping[str, Any]) -> None:
    for p in completeness["partitions"]:
        where = f"partition {p['partition']}"
        assert p["consumed"] == p["counted"] + p["duplicate"] + p["rejected"] + p["out_of_scope"], where
        assert p["rejected"] == sum(p["by_reason"].values()), where
        assert p["consumed"] == sum(end - start for start, end in p["ranges"]), where
        assert p["gaps"] == [], where


def assert_same_completeness(world: World, truth: Truth) -> None:
    got = world.completeness()
    assert_balanced(got)
    assert_same("completeness", got["partitions"], truth["completeness"]["partitions"])


def comparable(incident: Mapping[str, Any], *, positions: bool) -> Dict[str, Any]:
    """An incident without what the oracle does not know, and, where records lie elsewhere, without their positions."""
    out = {k: v for k, v in incident.items() if k != "photo"}
    out["notifications"] = sorted((n["id"], n["milestone"]) for n in incident["notifications"])
    if not positions:
        for end in ("first", "last"):
            out[end] = incident[end]["time"]
    return out


def assert_same_incidents(world: World, truth: Truth, *, positions: bool = True) -> None:
    """Counts, by_outcome, by_class, first and last, and the ids of incidents and of all their notifications."""
    got = [comparable(i, positions=positions) for i in world.incidents()]
    assert_same("incident", got, [comparable(i, positions=positions) for i in truth["incidents"]])


def assert_same_everything(world: World, truth: Truth, *, ended: bool = False) -> None:
    assert_same_completeness(world, truth)
    assert_same_incidents(world, truth)
    assert_same_rows(world, truth, ended=ended)
    world.cli("fsck", "--state-dir", world.state)


def notification_ids(truth: Truth) -> set:
    return {n["id"] for i in truth["incidents"] for n in i["notifications"]}


def assert_alert_topic_holds_every_notification(
    world: World, truth: Truth, brokers: Optional[str] = None, topic: Optional[str] = None, *, made_again: bool = False
) -> None:
    """At least once each, nothing else, a repetition byte for byte the same; but not where a state went back, whose
    notifications were made again. In the world's own topic of alerts unless another is named."""
    bodies: Dict[str, bytes] = {}
    for record in consume_all(brokers or world.brokers, topic or world.alerts):
        event = json.loads(record.value)
        assert event["specversion"] == "1.0"
        assert record.key.decode() == event["data"]["incident"]
        assert bodies.setdefault(event["id"], record.value) == record.value or made_again, f"two bodies of {event['id']}"
    assert_same("alert id", sorted(bodies), sorted(notification_ids(truth)))


def wait_alerts_delivered(world: World, daemon: Process, seconds: float = 60) -> None:
    """Until the daemon's own metric says that its outputs have everything."""

    def pending() -> bool:
        assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
        waiting = world.metric("blockwatch_outbox_pending")
        return bool(waiting) and all(n == 0 for n in waiting.values())

    wait_until(pending, seconds, "every notification to be delivered", interval_seconds=0.1)


def new_topic(brokers: str, name: str, partitions: int = 1) -> str:
    create_topic(brokers, name, partitions)
    return name


def wait_reading(daemon: Process, seconds: float = 60, **how: float) -> None:
    """Until the daemon has its partitions. `how`: see wait_until."""
    wait_until(lambda: "event=source_assigned" in daemon.stderr(), seconds, "the source to be assigned", **how)


def wait_settled(world: World, daemon: Process, records: int, seconds: float = 120) -> None:
    """Until so many are counted, every incident is closed, and every alert delivered."""
    world.wait_consumed(daemon, records, seconds)
    world.wait_all_closed(daemon)
    wait_alerts_delivered(world, daemon)


def assert_exact(world: World, truth: Truth, *, made_again: bool = False) -> None:
    """The state that nobody holds and the topic of alerts are what the oracle says."""
    assert_same_everything(world, truth)
    assert_alert_topic_holds_every_notification(world, truth, made_again=made_again)
