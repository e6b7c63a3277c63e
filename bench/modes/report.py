"""How long a report of a year takes by agency, state and month over HTTP: idle, and while catching up."""

import http.client
import json
import time
from typing import Any, Callable, Dict, List

from bench.daemon import look
from bench.figures import Goals, percentile, print_rows, say
from bench.modes.year import BEGIN, END, append, state_of_year, topic_of_year
from bench.rig import Rig
from support.processes import Process, wait_until
from support.product import World

QUESTION = f"/api/v1/report?from={BEGIN}&to={END}&by=agency,jurisdiction,month"
WARM_UP, IDLE_QUESTIONS = 5, 200
BUSY_PAUSE_SECONDS = 0.1  # between two questions: one who asks again and again, not an attack
BUSY_EVENTS = 40_000_000


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    corpus, world = topic_of_year(rig, given), state_of_year(rig, given)["world"]
    with world.daemon() as daemon:
        wait_until(lambda: answers(world), 60, "the daemon to answer")
        idle = ask(world, daemon, lambda asked: asked < IDLE_QUESTIONS, 0)
        assert daemon.terminate(30) == 0, daemon.tail()
    base = rig.shared.get("consumed", corpus.records)
    records = append(rig, corpus, min(BUSY_EVENTS, given.events or BUSY_EVENTS))
    with world.daemon() as daemon:
        wait_until(lambda: answers(world) and look(world).consumed > 0, 60, "the daemon to count", interval_seconds=0.01)
        busy = ask(world, daemon, lambda _: look(world).consumed < records - base, BUSY_PAUSE_SECONDS)
        world.wait_consumed(daemon, records)
        assert daemon.terminate(30) == 0, daemon.tail()
    rig.shared["consumed"] = records
    assert busy, "the daemon had caught up before a single report: give it more --events"
    rows = [
        [name, str(len(times)), *(f"{ms:.1f}" for ms in (min(times), percentile(times, 0.5), percentile(times, 0.99), max(times)))]
        for name, times in (("idle", idle), ("while catching up", busy))
    ]
    print_rows("report of a year by agency × state × month", ["", "reports", "min ms", "p50 ms", "p99 ms", "max ms"], rows)
    goals.add("report of a year, warm, idle, p99, ms", percentile(idle, 0.99), at_most=50, digits=1)
    goals.add("report of a year, while catching up, p99, ms", percentile(busy, 0.99), at_most=150, digits=1, note=f"{len(busy)} reports")
    return {"idle_ms": idle, "busy_ms": busy}


def get(world: World) -> bytes:
    """The whole answer as it came, on a connection of its own."""
    connection = http.client.HTTPConnection(world.listen, timeout=60)
    try:
        connection.request("GET", QUESTION)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    assert answer.status == 200, body[:1000]
    return body


def answers(world: World) -> bool:
    try:
        return world.get("/healthz")[0] == 200
    except OSError:
        return False


def ask(world: World, daemon: Process, more: Callable[[int], bool], pause_seconds: float) -> List[float]:
    """Milliseconds of each question, connection included; the first few, which warm up, left out."""
    times: List[float] = []
    asked = 0
    body = b""
    while asked < WARM_UP or more(asked - WARM_UP):
        assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
        begin = time.monotonic()
        body = get(world)
        taken = (time.monotonic() - begin) * 1000
        if asked >= WARM_UP:
            times.append(taken)
        asked += 1
        time.sleep(pause_seconds)
    rows = len(json.loads(body)["rows"])
    assert rows > 0, "an empty report"
    say(f"{len(times)} reports of {rows:,} rows, {len(body) / 1e6:.1f} MB each")
    return times
