"""How long from a start after kill -9 with a year of state to the first record counted."""

import contextlib
import http.client
import time
from typing import Any, Dict, List, Tuple

from bench.daemon import COUNTED_PER_SECOND_MIN, fates, look
from bench.figures import Goals, Spread, say
from bench.modes.year import append, state_of_year, topic_of_year
from bench.rig import Rig
from support.product import World

STARTS = 5
LOOK_SECONDS = 0.002
RUN_ON_SECONDS = 1  # after the first record counted, before the next kill -9
TAIL_EVENTS = 10_000_000


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    corpus, world = topic_of_year(rig, given), state_of_year(rig, given)["world"]
    records = append(rig, corpus, min(TAIL_EVENTS, given.events or TAIL_EVENTS))
    done = rig.shared.get("consumed", corpus.records)
    times: List[float] = []
    for _ in range(STARTS + 1):
        seconds, consumed = start_and_kill(world)
        times.append(seconds)
        if consumed >= records:
            break
    times = times[1:] or times  # the first one follows a clean end
    with world.daemon() as daemon:
        world.wait_consumed(daemon, records, seconds=60 + (records - done) / COUNTED_PER_SECOND_MIN)
        assert daemon.terminate(30) == 0, daemon.tail()
    rig.shared["consumed"] = records
    fates(world, records)
    say("seconds from start to first record counted: " + ", ".join(f"{seconds:.2f}" for seconds in times))
    spread = Spread.of(times)
    goals.add("start after kill -9 with a year of state, s", spread.median, at_most=1, note=f"{len(times)} starts, {spread.text(2)}")
    return {"seconds": times}


def start_and_kill(world: World) -> Tuple[float, int]:
    """Seconds to the first record counted, and how many were counted in all when it was killed. Nobody opens the state
    between two starts."""
    begin = time.monotonic()
    with world.daemon() as daemon:
        while True:
            assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
            assert time.monotonic() - begin < 60, f"nothing counted in a minute\n{daemon.tail()}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if look(world).consumed > 0:
                    break
            time.sleep(LOOK_SECONDS)
        taken = time.monotonic() - begin
        time.sleep(RUN_ON_SECONDS)
        consumed = world.consumed()
    return taken, consumed  # leaving the context is kill -9
