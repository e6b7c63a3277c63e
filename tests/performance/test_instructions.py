"""What an event costs in instructions, by stage, and that it costs the same however many policies there are.

Times depend on the machine and on what else it does; instructions do not (runs differ by less than 0.1 %: the state's secret
keys are random). callgrind counts those of the release build; of the kernels that simdjson chooses from at run time it gets
the one for AVX2, since valgrind knows no AVX-512. jemalloc runs as always: only memcheck replaces allocators.
"""

import dataclasses
import json
import pathlib
import platform
import shutil
import tomllib
from typing import Any, Dict, List

import pytest

from performance.callgrind import Profile
from performance.large_deployment import MOMENT, write_oris, write_policy
from support.processes import Process
from support.product import EXAMPLES, World, generate

RECORDS_PER_COMMIT, WARM_UP_COMMITS, COUNTED_COMMITS = 30_000, 1, 2
COUNTED = RECORDS_PER_COMMIT * COUNTED_COMMITS
RECORDS = RECORDS_PER_COMMIT * (WARM_UP_COMMITS + COUNTED_COMMITS)
AS_OF = "2025-06-01"
SECONDS = 240

BUDGETS = tomllib.loads((pathlib.Path(__file__).parent / "budgets.toml").read_text())


@dataclasses.dataclass
class Deployment:
    """A configuration, and what its events cost."""

    world: World
    profile: Profile

    def named(self, function: str) -> str:
        """With its parameters."""
        names = [name for name in self.profile.inclusive if name.startswith(function + "(")]
        assert len(names) == 1, f"{len(names)} functions of the profile are {function}"
        return names[0]

    def per_event(self, function: str) -> float:
        return self.profile.inclusive[self.named(function)] / COUNTED

    def verdicts(self) -> List[Any]:
        words = ["--state-dir", self.world.state, "--from", "2024-05-01", "--to", AS_OF, "--by", "verdict", "--format", "json"]
        return json.loads(self.world.cli("report", *words))["rows"]

    def incidents(self) -> Dict[str, int]:
        return {incident["incident"]: incident["count"] for incident in self.world.incidents()}


@pytest.fixture(scope="module")
def deployments(bin_dir, tmp_path_factory) -> Dict[str, Deployment]:
    """`example` and `large`, counted side by side over the same records."""
    program, valgrind = bin_dir / "stage_counts", shutil.which("valgrind")
    assert program.is_file(), f"{program} is missing: cmake --build --preset release --target stage_counts"
    assert valgrind, "valgrind is missing: run ./dev deps"
    folder = tmp_path_factory.mktemp("instructions")
    generate(bin_dir, "--events", RECORDS, "--from", MOMENT, "--days", 1, "--out", folder / "data", "--partitions", 1)
    write_policy(EXAMPLES / "policy.toml", folder / "policy.toml")
    write_oris(EXAMPLES / "oris.csv", folder / "oris.csv")
    worlds = {
        "example": World(folder / "example", bin_dir),
        "large": World(folder / "large", bin_dir, policy=folder / "policy.toml", oris=folder / "oris.csv"),
    }

    def counting(world: World) -> Process:
        callgrind = [valgrind, "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={world.folder}/callgrind"]
        numbers = map(str, (RECORDS_PER_COMMIT, WARM_UP_COMMITS, COUNTED_COMMITS))
        words = [program, world.config, folder / "data/p0.ndjson", AS_OF, *numbers]
        return Process([*callgrind, *words], log=world.folder / "valgrind.log")

    with counting(worlds["example"]) as one, counting(worlds["large"]) as other:
        for process in (one, other):
            assert process.wait(SECONDS) == 0, process.tail()
    return {name: Deployment(world, Profile(world.folder / "callgrind.1")) for name, world in worlds.items()}


def is_measured_system(profile: Profile) -> bool:
    release = platform.freedesktop_os_release()
    here = {
        "debian": release.get("VERSION_ID") if release.get("ID") == "debian" else None,
        "simdjson": next((k for k in ("haswell", "westmere", "fallback") if any(f"simdjson::{k}::" in f for f in profile.own)), None),
    }
    return here == BUDGETS["measured_on"]


def findings(costs: Dict[str, float], measured_system: bool) -> List[str]:
    """What of the stages' costs is not as the budgets say."""
    above = BUDGETS["margin_percent" if measured_system else "elsewhere_percent"]
    found = []
    for stage in BUDGETS["stage"]:
        name, budget, cost = stage["name"], stage["instructions"], costs[stage["name"]]
        if cost > budget * (1 + above / 100):
            found.append(f"{name} costs {cost:.0f} instructions an event; its budget is {budget} and {above} %")
        if measured_system and cost < budget * (1 - BUDGETS["slack_percent"] / 100):
            found.append(f"{name} costs only {cost:.0f} instructions an event: lower its budget, which is {budget}")
    return found


def test_every_stage_keeps_to_its_budget(deployments):
    example = deployments["example"]
    costs = {stage["name"]: example.per_event(stage["function"]) for stage in BUDGETS["stage"]}
    for name, cost in costs.items():
        print(f"{name:12} {cost:8.1f}")
    found = findings(costs, is_measured_system(example.profile))
    assert not found, "\n".join([*found, f"where it goes: callgrind_annotate {example.world.folder}/callgrind.1"])


def test_a_budget_can_be_exceeded_and_be_too_large():
    budgets = {stage["name"]: float(stage["instructions"]) for stage in BUDGETS["stage"]}
    assert findings(budgets, True) == []
    assert findings({**budgets, "parse": budgets["parse"] * 1.04}, True)
    assert findings({**budgets, "parse": budgets["parse"] * 0.85}, True)
    assert findings({**budgets, "parse": budgets["parse"] * 1.04}, False) == []
    assert findings({**budgets, "parse": budgets["parse"] * 1.4}, False)


def test_the_stages_are_most_of_what_an_event_costs(deployments):
    """So that no stage hides outside the budgets, and what is counted is what is said to be."""
    example = deployments["example"]
    assert example.profile.calls[example.named("blockwatch::Parser::parse")] == COUNTED
    parts = [stage for stage in BUDGETS["stage"] if stage["name"] in ("intake", "expect", "apply", "take_batch", "runs", "commit")]
    assert len(parts) == 6
    whole = example.profile.total / COUNTED
    assert 0.97 * whole <= sum(example.per_event(stage["function"]) for stage in parts) <= whole


def test_policies_that_do_not_match_and_more_oris_cost_nothing(deployments):
    example, large = (deployments[name].profile for name in ("example", "large"))
    dearer = sorted(large.own, key=lambda name: large.own[name] - example.own[name], reverse=True)[:8]
    ratio = large.total / example.total
    assert ratio <= BUDGETS["large_ratio_max"], "\n".join(
        [f"an event costs {ratio:.3f} times as much:"]
        + [f"{(large.own[name] - example.own[name]) / COUNTED:8.1f} more in {name[:100]}" for name in dearer]
    )


def test_the_large_deployment_says_of_the_traffic_what_the_example_says(deployments):
    """Else the comparison above would compare different work."""
    example, large = deployments["example"], deployments["large"]
    assert example.verdicts() == large.verdicts()
    assert len(example.incidents()) >= 20
    assert example.incidents() == large.incidents()
