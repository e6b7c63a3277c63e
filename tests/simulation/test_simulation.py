"""The pipeline on a virtual clock between a scripted broker and scripted subscribers: whatever the records, faults, reloads and
restarts of a schedule, counters and ids are those of the oracle for what was counted (docs/RELIABILITY.md, "Simulation")."""

import json
import os
import pathlib
import resource
import time

import pytest

from simulation.run import PROCESSES, lines_of, make_worlds, run
from support.processes import ROOT

SCHEDULES = 10_000
SECONDS_MAX = 180  # of each core; 105 where this was written: machines differ by half
# Of one schedule only, to repeat it.
ONLY = os.environ.get("BLOCKWATCH_SCHEDULE")
# At least so often in all schedules; a run has several times as many of each.
FLOORS = {
    "process": 15_000, "clean_stop": 5_000, "died_at_any_place": 500, "died_opening": 20, "died_before_write": 300,
    "died_torn_write": 300, "died_before_sync": 200, "died_after_sync": 200, "power_lost": 500, "bytes_lost": 200,
    "write_refused": 200, "sync_refused": 200, "source_error": 300, "disk_full": 300, "slow_sync": 5_000,
    "record_handed_over": 100_000, "record_again": 5_000, "empty_poll": 50_000, "offset_jump": 1_000, "data_gap": 50, "halt": 50,
    "verified": 3_000, "silence": 1_000, "reload_offered": 3_000, "reload_activated": 3_000, "start_with_other_version": 300,
    "clock_back": 300, "clock_forward": 300, "outputs_replaced": 300, "delivered": 50_000, "delivered_again": 10_000,
    "delivery_refused": 1_000, "delivery_late": 1_000, "acknowledgement_lost": 1_000, "partly_acknowledged": 1_000,
    "suppressed": 1_000, "everything_drained": 1_000,
}  # fmt: skip


@pytest.fixture(scope="session")
def program() -> pathlib.Path:
    built = pathlib.Path(os.environ.get("BLOCKWATCH_BIN_DIR", ROOT / "build/release/bin")) / "simulation"
    if not built.is_file():
        pytest.fail(f"{built} is missing: build the target simulation of the preset release", pytrace=False)
    return built


@pytest.fixture
def first(seed) -> int:
    return int(os.environ.get("BLOCKWATCH_SEED") or seed)


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.time_limit(900)
def test_every_schedule_counts_what_the_oracle_counts(tmp_path: pathlib.Path, program, first):
    begin, used = time.monotonic(), seconds_of_children()
    worlds = make_worlds(first, tmp_path)
    outcome = run(program, worlds, int(ONLY), 1) if ONLY else run(program, worlds, first, SCHEDULES)
    seconds = (seconds_of_children() - used) / PROCESSES
    print(f"BLOCKWATCH_SEED={first}: {outcome.schedules} schedules in {time.monotonic() - begin:.0f} s, {seconds:.0f} s of each core")
    print("\n".join(f"{n:>9} {event}" for event, n in sorted(outcome.events.items())))
    if outcome.differences:
        seed = min(outcome.differences)
        pytest.fail(
            f"{len(outcome.differences)} schedules differ. BLOCKWATCH_SEED={first} BLOCKWATCH_SCHEDULE={seed} repeats this one:\n"
            + outcome.differences[seed],
            pytrace=False,
        )
    if ONLY:
        return
    assert outcome.schedules == SCHEDULES
    rare = {event: outcome.events[event] for event, least in FLOORS.items() if outcome.events[event] < least}
    assert not rare, f"these happened too seldom: {rare}"
    assert seconds < SECONDS_MAX, f"{SCHEDULES} schedules took {seconds:.0f} s of each of {PROCESSES} cores"


def test_the_same_seed_is_the_same_schedule(tmp_path: pathlib.Path, program, first):
    worlds, count = make_worlds(first, tmp_path), 60

    def states(cpu):
        for line in lines_of(program, worlds, first, 1, count, cpu):
            state = json.loads(line)
            for reject in state.get("rejects", {}).get("rejects", []):
                del reject["hash"]  # its key is random
            yield state

    cpus = sorted(os.sched_getaffinity(0))
    again = states(cpus[-1])
    for state in states(cpus[0]):
        assert state == next(again)
