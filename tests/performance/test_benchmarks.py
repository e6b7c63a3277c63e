"""The microbenchmarks run; what they measure is nobody's to judge on a machine that does other things."""

import json

from support.processes import run

STAGES = [
    "parse", "fingerprint", "parse_time", "resolve", "expand_destinations", "judge", "apply", "apply_duplicates", "take_batch",
    "commit/real_time",
]  # fmt: skip


def test_every_stage_has_a_benchmark_that_runs(bin_dir):
    done = run([bin_dir / "stage_bench", "--benchmark_min_time=0.001", "--benchmark_format=json"])
    measured = json.loads(done.stdout)["benchmarks"]
    assert [one["name"] for one in measured] == STAGES
    for one in measured:
        assert 1e-9 < one["per_event"] < 1e-3, f"{one['name']}: {one['per_event']} s an event"
