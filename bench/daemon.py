"""`blockwatchd` from the outside: until it has counted everything, and what that cost.

The time of a run is from the moment at which the partitions are assigned (the daemon's log says when) to the moment of the
commit that made the last record durable (its metric blockwatch_partition_progress_timestamp_seconds), both by the wall clock
of this machine. The metric is looked at a few times a second, which costs the daemon a thousandth of its time.
"""

import calendar
import contextlib
import http.client
import json
import re
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from bench.figures import Run
from bench.machine import cpu_seconds_of
from support import kafka_client
from support.processes import Process, wait_until
from support.product import World, assert_balanced

_LOOK_SECONDS = 0.1
COUNTED_PER_SECOND_MIN = 50_000  # else something hangs
_START_SECONDS = 60


class Usage(NamedTuple):
    """Of a process since its start, as the kernel counts."""

    cpu_seconds: float
    rss_max_bytes: int
    bytes_written: int


def usage_of(pid: int) -> Usage:
    status, io = open(f"/proc/{pid}/status").read(), open(f"/proc/{pid}/io").read()
    return Usage(
        cpu_seconds_of(pid),
        int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024,
        int(re.search(r"^write_bytes: (\d+)", io, re.MULTILINE)[1]),
    )


def rss_of(pid: int) -> int:
    return int(re.search(r"VmRSS:\s*(\d+) kB", open(f"/proc/{pid}/status").read())[1]) * 1024


class Look(NamedTuple):
    """At the metrics."""

    at: float  # the wall clock
    consumed: int  # records whose commit is durable, since the process started
    last_commit: float  # the wall clock, of the last one that moved a partition
    pending: int  # notifications that an output has not taken yet


def metrics(text: str, name: str) -> List[float]:
    return [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + "{")]


def look(world: World) -> Look:
    """OSError where nothing listens yet."""
    status, text = world.get("/metrics")
    assert status == 200, f"/metrics: {status}"
    return Look(
        time.time(),
        int(sum(metrics(text, "blockwatch_records_consumed_total"))),
        max(metrics(text, "blockwatch_partition_progress_timestamp_seconds"), default=0),
        int(sum(metrics(text, "blockwatch_outbox_pending"))),
    )


def _assigned_at(daemon: Process) -> float:
    """When the log says that the source was assigned; 0: not yet."""
    found = re.search(r"^time=(\S+?)(\.\d+)?Z .*event=source_assigned", daemon.stderr(), re.MULTILINE)
    assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
    return calendar.timegm(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S")) + float(found[2] or 0) if found else 0


def looks_until(world: World, daemon: Process, records: int) -> Iterator[Look]:
    """One look after the other until so many records are durable, that one included."""
    deadline = time.monotonic() + _START_SECONDS + records / COUNTED_PER_SECOND_MIN
    while True:
        assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
        assert time.monotonic() < deadline, f"{records} records are not counted in time\n{daemon.tail()}"
        with contextlib.suppress(OSError, http.client.HTTPException):
            seen = look(world)
            yield seen
            if seen.consumed >= records:
                return
        time.sleep(_LOOK_SECONDS)


class Counted(NamedTuple):
    run: Run
    begin: float  # the wall clock
    looks: List[Look]
    rss_end_bytes: int


def _wait_for_rest(world: World) -> None:
    """The broker says up to half a second after the last record that it was the last; then incidents of the past close. Until
    that and every notification is through."""
    before = None

    def nothing_happens() -> bool:
        nonlocal before
        now = look(world).pending, world.ask("/api/v1/status")["incidents"]["open"]
        before, same = now, now == before
        return same and now[0] == 0

    wait_until(nothing_happens, 120, "every notification to be delivered", interval_seconds=1)


def count(world: World, records: int) -> Counted:
    """Starts the daemon, waits until it has counted and delivered everything, and ends it by SIGTERM."""
    with world.daemon() as daemon:
        begin = wait_until(lambda: _assigned_at(daemon), _START_SECONDS, "the source to be assigned", interval_seconds=0.01)
        looks = [Look(begin, 0, 0, 0), *looks_until(world, daemon, records)]
        assert looks[-1].consumed == records, f"{looks[-1].consumed} records counted of {records}"
        _wait_for_rest(world)
        used, rss_end_bytes = usage_of(daemon.pid), rss_of(daemon.pid)
        assert daemon.terminate(30) == 0, daemon.tail()
    run = Run(records, looks[-1].last_commit - begin, used.cpu_seconds, used.rss_max_bytes, used.bytes_written)
    return Counted(run, begin, looks, rss_end_bytes)


# ------------------------------------------------------------------ whether the answer is right
FATES = ("counted", "duplicate", "rejected", "out_of_scope")


def fates(world: World, records: int) -> Dict[str, Any]:
    """What became of every record; they must be all, each with one fate."""
    completeness = world.completeness()
    assert_balanced(completeness)
    partitions = completeness["partitions"]
    consumed = sum(p["consumed"] for p in partitions)
    assert consumed == records, f"the state has {consumed} records, the topic {records}"
    reasons = {reason for p in partitions for reason in p["by_reason"]}
    return {
        **{fate: sum(p[fate] for p in partitions) for fate in FATES},
        "by_reason": {reason: sum(p["by_reason"].get(reason, 0) for p in partitions) for reason in sorted(reasons)},
    }


def messages(world: World, begin: str, end: str, *words: str) -> Dict[str, Any]:
    span = ["--from", begin, "--to", end, "--unit", "messages", "--format", "json"]
    return json.loads(world.cli("report", "--state-dir", world.state, *span, *words))


def deliveries(world: World) -> Tuple[int, int]:
    """(incidents, notifications); the alert topic must hold every notification."""
    incidents = world.incidents()
    wanted = {n["id"] for i in incidents for n in i["notifications"]}
    got = {json.loads(record.value)["id"] for record in kafka_client.consume_all(world.brokers, world.alerts)}
    assert got == wanted, f"the alert topic holds {len(got)} notifications, the state {len(wanted)}"
    return len(incidents), len(wanted)
