"""The budget of memory: a daemon that has little of it counts all the same, and keeps to it."""

import json
import pathlib
import random
import subprocess
import time
from typing import Dict, Iterator, Optional, Tuple

import pytest

from support.kafka_client import produce_ndjson
from support.processes import wait_until
from support.product import World, new_topic

MIB = 1 << 20
BUDGET = 192 * MIB
# What the allocator has not given back yet, and the answer of a broker that was fetched before the queue was full.
BESIDE = 16 * MIB

PARTITIONS, EVENTS, JURISDICTIONS = 4, 100_000, 56
POISON, POISON_BYTES = 60, 900_000
DAY = 1_747_742_400  # 2025-05-20T12:00:00Z
# ICE, whom Illinois and others block.
BLOCKED_ASKER, BLOCKED_EACH = "VTICE0900", 20

Payload = Tuple[int, Optional[bytes], bytes, int]


def heavy(rng: random.Random) -> Iterator[Payload]:
    """Each asks every jurisdiction; most askers are known to nobody and ask once; some records are a megabyte of nothing."""
    for n in range(EVENTS):
        ori = BLOCKED_ASKER if n % BLOCKED_EACH == 0 else f"ZZ{rng.randrange(10**7):07}"
        second = DAY + n // 50
        event = {
            "id": f"h{n}",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second)),
            "message_key": "DQ",
            "origin": {"ori": ori},
            "destinations": ["NL"],
            "outcome": "answered",
        }
        yield n % PARTITIONS, None, json.dumps(event).encode(), second * 1000
        if n % (EVENTS // POISON) == 0 and n // (EVENTS // POISON) < POISON:
            yield n % PARTITIONS, None, b"{" + bytes([97 + n % 26]) * POISON_BYTES, second * 1000


def resident_peak(pid: int) -> int:
    (line,) = [x for x in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


def by_part(world: World, name: str) -> Dict[str, float]:
    return {labels.split('"')[1]: value for labels, value in world.metric(name).items()}


@pytest.mark.time_limit(120)
def test_a_daemon_with_a_small_budget_keeps_to_it_and_counts_exactly(tmp_path, bin_dir, broker, rng):
    topic = new_topic(broker.bootstrap, f"memory.{time.time_ns()}", PARTITIONS)
    world = World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=topic, more=f"[memory]\nbytes_max = {BUDGET}\n")
    produce_ndjson(broker.bootstrap, topic, heavy(rng))
    most: Dict[str, float] = {}
    with world.daemon() as daemon:

        def counted() -> bool:
            assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
            consumed = world.consumed()
            if consumed < 0:
                return False
            for part, used in by_part(world, "blockwatch_memory_bytes").items():
                most[part] = max(used, most.get(part, 0))
            return consumed >= EVENTS + POISON

        wait_until(counted, 60, "everything to be counted")
        budget = by_part(world, "blockwatch_memory_budget_bytes")
        peak = resident_peak(daemon.pid)
        print(f"peak {peak / MIB:.0f} MiB; " + ", ".join(f"{p} {u / MIB:.1f}/{budget[p] / MIB:.1f}" for p, u in most.items()))
        assert daemon.terminate(10) == 0
    assert BUDGET - MIB < sum(budget.values()) <= BUDGET
    assert peak <= BUDGET + BESIDE, f"{peak / MIB:.0f} MiB"
    # A commit ends with the batch of 512 records that reaches the bound.
    assert most["commits"] <= budget["commits"] + 2 * 512 * JURISDICTIONS * 320
    assert most["ids"] <= budget["ids"] and most["unknown_oris"] <= 2 * budget["unknown_oris"]

    partitions = world.completeness()["partitions"]
    assert sum(p["counted"] for p in partitions) == EVENTS
    assert sum(p["rejected"] for p in partitions) == POISON
    words = ["--from", "2025-05-20", "--to", "2025-05-21", "--format", "json"]
    report = json.loads(world.cli("report", "--state-dir", world.state, *words))
    assert report["totals"]["requests"] == EVENTS * JURISDICTIONS
    leaks = [i for i in world.incidents() if i["kind"] == "block_leak" and i["policy"] == "il-ice"]
    assert [i["count"] for i in leaks] == [EVENTS // BLOCKED_EACH]


def test_the_division_is_shown_by_check_and_print_config_and_refused_where_it_does_not_fit(tmp_path, bin_dir):
    def said(world: World, flag: str) -> Tuple[int, str]:
        command = [world.bin_dir / "blockwatchd", "--config", world.config, flag]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr

    small = World(tmp_path / "small", bin_dir, more="[memory]\nbytes_max = 243269632\n")
    division = "program 64, rules 64, state_cache 2, write_buffers 13, ids 32, source_queue 8, batches 5, commits 32"
    for flag in ("--check", "--print-config"):
        status, text = said(small, flag)
        assert status == 0 and division in text, text
    refused = World(tmp_path / "refused", bin_dir, more="[memory]\nbytes_max = 243269632\n[dedup]\nbytes_max = 243269632\n")
    status, text = said(refused, "--check")
    assert status == 78 and "memory.bytes_max is 243269632, allowed is at least" in text, text
