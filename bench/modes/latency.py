"""How long an alert takes live: 1,000 events a second, 5 of them more that open an incident each."""

import csv
import pathlib
from typing import Any, Dict, List, Tuple

from bench.daemon import usage_of
from bench.figures import Goals, print_rows
from bench.rig import PARTITIONS, Rig, json_of
from support.processes import Process
from support.product import EXAMPLES, World, wait_reading

RATE, PROBE_RATE, WARM_UP_SECONDS = 1_000, 5, 3
BLOCKED_AGENCIES = 28  # each with each of 56 jurisdictions: 1,568 incidents, five minutes of probes

POLICY = """[[block]]
id = "latency"
jurisdictions = ["*"]
agencies = [{agencies}]
enforce_from = 2020-01-01
authority = "made up for the bench"
"""


def run(rig: Rig, given: Any, goals: Goals) -> Dict[str, Any]:
    blocked, background = askers()
    policy = write_policy(rig.folder / "latency.toml", blocked)
    world = rig.world(rig.new_topic("live", PARTITIONS), policy=policy)
    with world.daemon() as daemon:
        wait_reading(daemon)
        measured = probe(world, blocked, background, seconds=given.seconds)
        cpu_seconds = usage_of(daemon.pid).cpu_seconds
        check(world, daemon, measured)
        assert daemon.terminate(30) == 0, daemon.tail()
    assert measured["seen"] == measured["probes"], f"{measured['probes'] - measured['seen']} alerts were never seen"
    head = ["", "probes", *(f"{name} ms" for name in ("min", "p50", "p99", "max")), "daemon's CPU, cores"]
    cells = [f"{measured[name]:.2f}" for name in ("min_ms", "p50_ms", "p99_ms", "max_ms")]
    cores = cpu_seconds / (given.seconds + WARM_UP_SECONDS)
    print_rows(f"alert latency, {RATE:,} events/s, {PROBE_RATE} alerts/s, {given.seconds} s", head,
               [["before produce() to visible", str(measured["probes"]), *cells, f"{cores:.2f}"]])  # fmt: skip
    goals.add("alert latency live, p50, ms", measured["p50_ms"], at_most=4)
    goals.add("alert latency live, p99, ms", measured["p99_ms"], at_most=8)
    for topic in (world.topic, world.alerts):
        rig.delete_topic(topic)
    return {**measured, "cpu_cores": cores}


def write_policy(path: pathlib.Path, blocked: List[Tuple[str, str]]) -> pathlib.Path:
    path.write_text(POLICY.format(agencies=", ".join(f'"{agency}"' for agency, _ in blocked)))
    return path


def probe(world: World, blocked: List[Tuple[str, str]], background: str, *, seconds: int, probe_rate: int = PROBE_RATE) -> Dict[str, Any]:
    """From before a blocked query is produced until its alert can be read. `blocked`, `background`: of askers()."""
    traffic = ["--bootstrap", world.brokers, "--topic", world.topic, "--partitions", PARTITIONS, "--alerts", world.alerts,
               "--background", background, "--rate", RATE, "--probe-rate", probe_rate, "--warm-up", WARM_UP_SECONDS,
               "--seconds", seconds, "--blocked", *[ori for _, ori in blocked]]  # fmt: skip
    return json_of(world.bin_dir, "bench_prober", *traffic, seconds=seconds + 60)


def check(world: World, daemon: Process, measured: Dict[str, Any]) -> None:
    """Every record was counted, and every probe is an incident of its own."""
    world.wait_consumed(daemon, measured["records"])
    opened = len(world.ask("/api/v1/incidents")["incidents"])
    assert opened >= measured["probes"], f"{opened} incidents for {measured['probes']} probes"


def askers() -> Tuple[List[Tuple[str, str]], str]:
    """Of the example catalog: (agency, one of its ORIs) for those that are blocked, and an ORI that is not."""
    with open(EXAMPLES / "oris.csv", newline="") as file:
        plain = [row for row in csv.DictReader(file) if row["status"] == "active" and not row["valid_from"] and not row["valid_to"]]
    oris: Dict[str, str] = {}
    for row in plain:
        if row["agency"].startswith("local_") and not row["tags"]:
            oris.setdefault(row["agency"], row["ori"])
    agencies = sorted(oris)
    return [(agency, oris[agency]) for agency in agencies[:BLOCKED_AGENCIES]], oris[agencies[-1]]
