"""Bugs that were planted, each as a patch of bugs/: the simulation finds every one. They are mistakes that a change could bring
and that only a crash, a restart, a reload or the order of threads shows."""

import pathlib
import subprocess

import pytest

from simulation.run import make_worlds, run
from support.processes import ROOT
from support.tree_copy import cache_environment, cache_words, copy_tree

BUGS = sorted((pathlib.Path(__file__).parent / "bugs").glob("*.patch"))
SCHEDULES = 10_000
TREE = ROOT / "build/simulation/tree"


def command(*words: object) -> None:
    """In the copy, which git shall not take for a part of the tree."""
    done = subprocess.run(
        [str(word) for word in words], cwd=TREE, env={**cache_environment(TREE), "GIT_CEILING_DIRECTORIES": str(TREE.parent)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, f"{words}:\n{done.stdout[-3000:]}"


def test_five_bugs_are_kept_and_fit_the_tree():
    assert len(BUGS) == 5
    for patch in BUGS:
        done = subprocess.run(["git", "-C", ROOT, "apply", "--check", patch], stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, f"{patch.name} does not fit the tree any more; make the same mistake in it again:\n{done.stderr}"


@pytest.fixture(scope="module")
def tree() -> pathlib.Path:
    copy_tree(TREE)
    command("cmake", "--preset", "release", "--log-level=WARNING", *cache_words())
    return TREE


@pytest.mark.long
@pytest.mark.time_limit(3600)
@pytest.mark.parametrize("patch", BUGS, ids=[patch.stem for patch in BUGS])
def test_the_simulation_finds_a_planted_bug(tmp_path, tree, seed, patch):
    worlds = make_worlds(seed, tmp_path)
    command("git", "apply", patch)
    try:
        command("cmake", "--build", "--preset", "release", "--target", "simulation")
        outcome = run(tree / "build/release/bin/simulation", worlds, seed, SCHEDULES, differences_max=1)
    finally:
        command("git", "apply", "--reverse", patch)
    assert outcome.differences, f"{patch.stem}: not noticed in {outcome.schedules} schedules"
    found = min(outcome.differences)
    print(f"{patch.stem}: found by schedule {found - seed + 1}: {outcome.differences[found]}")
