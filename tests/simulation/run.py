"""Runs schedules in several processes, each with a simulation of its own, and judges what they print."""

import collections
import concurrent.futures
import dataclasses
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Counter, Dict, Iterator, List, Sequence

from simulation.judge import World, compare
from simulation.make_worlds import make_world

WORLDS = 48
PROCESSES = 2
DIFFERENCES_MAX = 5  # of a process; then it ends


@dataclasses.dataclass
class Outcome:
    schedules: int
    events: Counter[str]
    differences: Dict[int, str]  # by the schedule's seed


def make_worlds(seed: int, folder: pathlib.Path) -> List[pathlib.Path]:
    """The same for the same seed."""
    folders = [folder / f"world-{n}" for n in range(WORLDS)]
    for n, world in enumerate(folders):
        make_world(seed * WORLDS + n, world)
    return folders


def states_folder() -> pathlib.Path:
    """In memory where there is such a place: no state outlives its schedule, and a disk's syncs would take most of the time."""
    memory = pathlib.Path("/dev/shm")
    enough = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return pathlib.Path(tempfile.mkdtemp(prefix="blockwatch-simulation-", dir=memory if enough else None))


def lines_of(program: pathlib.Path, worlds: Sequence[pathlib.Path], first: int, step: int, count: int, cpu: int) -> Iterator[str]:
    """What the simulation prints of `count` schedules, a line each."""
    states = states_folder()
    command = [program, states, first, step, count, *worlds]
    # Each process of a schedule is a fork: what the first one has resolved and allocated is not done again.
    env = {**os.environ, "LD_BIND_NOW": "1", "MALLOC_ARENA_MAX": "1"}
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=env)
    try:
        os.sched_setaffinity(process.pid, {cpu})  # its threads take turns: on one core that costs least
        yield from process.stdout
        assert process.wait() == 0, f"the simulation ended with {process.returncode}"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(states, ignore_errors=True)


def judge(program: pathlib.Path, worlds: Sequence[pathlib.Path], first: int, step: int, count: int, cpu: int, most: int) -> Outcome:
    read: Dict[int, World] = {}
    outcome = Outcome(0, collections.Counter(), {})
    for line in lines_of(program, worlds, first, step, count, cpu):
        state = json.loads(line)
        number = state["world"]
        outcome.schedules += 1
        outcome.events.update(state["events"])
        try:
            if number not in read:
                read[number] = World(worlds[number])
            compare(read[number], state)
        except AssertionError as difference:
            outcome.differences[state["seed"]] = str(difference)
            if len(outcome.differences) == most:
                break
    return outcome


def run(
    program: pathlib.Path, worlds: Sequence[pathlib.Path], first: int, count: int, differences_max: int = DIFFERENCES_MAX
) -> Outcome:
    """The schedules with the seeds from `first` on."""
    cpus = sorted(os.sched_getaffinity(0))
    total = Outcome(0, collections.Counter(), {})
    with concurrent.futures.ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("fork")) as pool:
        parts = [
            pool.submit(
                judge, program, worlds, first + n, PROCESSES, len(range(n, count, PROCESSES)), cpus[n % len(cpus)], differences_max
            )
            for n in range(PROCESSES)
        ]
        for part in parts:
            outcome = part.result()
            total.schedules += outcome.schedules
            total.events += outcome.events
            total.differences.update(outcome.differences)
    return total
