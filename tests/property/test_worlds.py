"""Random small worlds: whatever the catalog, the policy and the records, the product says what the oracle says."""

import collections
import concurrent.futures
import multiprocessing
import os
import pathlib
import shutil

import pytest

from property.compare import EXPECTED, Outcome, compare
from property.generate_records import make_world
from property.shrink import shrink
from property.world import World
from support.processes import run

WORLDS, WORLDS_LONG = 200, 2_000
# Fewer, for the runner of tests/mutations/: any difference will do, so none is shrunk, and rare states may be missed.
FEW_WORLDS = int(os.environ.get("BLOCKWATCH_WORLDS", 0))
PROCESSES = 2
FAILURES_MAX = 5  # then no further world is begun
SHRINK_SECONDS = 90


def outcome_of(seed: int, folder: pathlib.Path, bin_dir: pathlib.Path) -> Outcome:
    outcome = compare(make_world(seed), folder / str(seed), bin_dir)
    if outcome.difference is None:
        shutil.rmtree(folder / str(seed))
    return outcome


def run_worlds(first: int, count: int, folder: pathlib.Path, bin_dir: pathlib.Path):
    """What all of them reached, and the outcomes that show a difference, by seed."""
    reached, failures = collections.Counter(), {}
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        pending = {}
        seeds = iter(range(first, first + count))
        while True:
            while len(pending) < 2 * PROCESSES and len(failures) < FAILURES_MAX:
                seed = next(seeds, None)
                if seed is None:
                    break
                pending[pool.submit(outcome_of, seed, folder, bin_dir)] = seed
            if not pending:
                return reached, failures
            done, _ = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                outcome, seed = future.result(), pending.pop(future)
                reached += outcome.reached
                if outcome.difference is not None:
                    failures[seed] = outcome


def explain(seed: int, outcome: Outcome, folder: pathlib.Path, bin_dir: pathlib.Path) -> str:
    """The difference in the smallest world that shows one of its kind."""

    def still_fails(world: World) -> bool:
        smaller = compare(world, folder / "shrinking", bin_dir)
        return smaller.difference is not None and smaller.kind == outcome.kind

    small = shrink(make_world(seed), still_fails, SHRINK_SECONDS)
    again = compare(small, folder / f"{seed}-small", bin_dir)
    return (
        f"world {seed} (BLOCKWATCH_SEED={seed} runs it first), kept in {folder / str(seed)}: {outcome.difference}\n\n"
        f"The same in a smaller world, kept in {folder / f'{seed}-small'}: {again.difference}\n{small.shown()}"
    )


def check(first: int, count: int, folder: pathlib.Path, bin_dir: pathlib.Path) -> None:
    print(f"worlds {first} to {first + count - 1}")
    reached, failures = run_worlds(first, count, folder, bin_dir)
    if FEW_WORLDS:
        assert not failures, f"{len(failures)} worlds differ: {[outcome.difference for outcome in failures.values()]}"
        return
    if failures:
        seed = min(failures)
        text = explain(seed, failures[seed], folder, bin_dir)
        pytest.fail(f"{len(failures)} worlds differ, seeds {sorted(failures)}\n{text}", pytrace=False)
    print("\n".join(f"{reached[state]:>9} {state}" for state in EXPECTED))
    missing = [state for state in EXPECTED if not reached[state]]
    assert not missing, f"no world reached: {missing}"


@pytest.fixture
def first(seed) -> int:
    """The first world's seed: the one in BLOCKWATCH_SEED if that is set."""
    return int(os.environ.get("BLOCKWATCH_SEED") or seed)


@pytest.mark.time_limit(600)
def test_the_product_says_of_every_world_what_the_oracle_says(tmp_path, bin_dir, first):
    check(first, FEW_WORLDS or WORLDS, tmp_path, bin_dir)


@pytest.mark.long
@pytest.mark.time_limit(3600)
def test_the_product_says_of_ten_times_as_many_worlds_what_the_oracle_says(tmp_path, bin_dir, first):
    check(first + WORLDS, WORLDS_LONG, tmp_path, bin_dir)
