"""Poisonous records among the live ones: alerts come as fast as without them."""

import itertools
import json
import threading
import time

import pytest

from bench.modes.latency import POLICY, askers
from integration.test_bad_input import MEGABYTES_10, NOW_MS, Kinds
from integration.test_privacy import Canaries
from support.kafka_client import SteadyProducer
from support.processes import free_port, run, wait_until
from support.product import World, new_topic

PARTITIONS, RATE, PROBE_RATE, WARM_UP_SECONDS = 4, 1000, 20, 3
POISON_RATE = 200  # records a second, and one of 10 MB each HUGE_INTERVAL_SECONDS
HUGE_INTERVAL_SECONDS = 3
# Of the 99th percentile; both are measured in the same run, one after the other.
FACTOR_MAX, MORE_MS_MAX = 2, 10


class Poison:
    """Every kind of bad record, round and round, into every partition, from a thread of its own."""

    def __init__(self, brokers, topic, canary):
        payloads = [payload for _, payload in Kinds(canary).all.values()]
        huge = [payload for payload in payloads if len(payload) >= MEGABYTES_10]
        small = [payload for payload in payloads if len(payload) < MEGABYTES_10]
        self.given = self.huge_given = 0
        self._brokers, self._topic = brokers, topic
        self._small, self._huge = itertools.cycle(small), itertools.cycle(huge)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="poison", daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._end.set()
        self._thread.join(30)

    def _run(self):
        producer = SteadyProducer(self._brokers)
        partitions = itertools.cycle(range(PARTITIONS))
        huge_due = time.monotonic()
        while not self._end.wait(1 / POISON_RATE):
            is_huge = time.monotonic() >= huge_due
            if is_huge:
                huge_due += HUGE_INTERVAL_SECONDS
            producer.produce(self._topic, next(partitions), next(self._huge if is_huge else self._small), NOW_MS)
            producer.poll()
            self.given += 1
            self.huge_given += is_huge
        producer.close(30)
        assert producer.acknowledged == self.given and not producer.failures


def measured(world, seconds):
    """By the bench's prober: from before a blocked query is produced until its alert can be read."""
    agencies, background = askers()
    command = [world.bin_dir / "bench_prober", "--bootstrap", world.brokers, "--topic", world.topic, "--partitions", PARTITIONS,
               "--alerts", world.alerts, "--background", background, "--rate", RATE, "--probe-rate", PROBE_RATE,
               "--warm-up", WARM_UP_SECONDS, "--seconds", seconds, "--blocked", *[ori for _, ori in agencies]]  # fmt: skip
    found = json.loads(run([str(word) for word in command], seconds=seconds + 60).stdout)
    assert found["seen"] == found["probes"] >= PROBE_RATE * seconds * 0.9
    return found


def a_world(folder, bin_dir, brokers, name):
    policy = folder / f"{name}.toml"
    policy.write_text(POLICY.format(agencies=", ".join(f'"{agency}"' for agency, _ in askers()[0])))
    topic = new_topic(brokers, name, PARTITIONS)
    return World(folder / name, bin_dir, brokers=brokers, topic=topic, alerts=new_topic(brokers, name + ".alerts"), policy=policy)


@pytest.mark.fault(row=14, what="poisonous records beside live traffic: 200 a second, one of 10 MB each 3 seconds",
                   injected="every kind of bad record, into every partition",
                   seen="each is rejected; the 99th percentile of alert latency stays below twice that without them and 10 ms",
                   short=1, long=3)  # fmt: skip
@pytest.mark.time_limit(900)
def test_poison_beside_live_traffic_does_not_slow_alerts(tmp_path, bin_dir, broker, rng, rounds):
    for n in rounds:
        clean, poisoned = (a_world(tmp_path, bin_dir, broker.bootstrap, f"{name}-{n}-{time.time_ns()}") for name in ("clean", "poisoned"))
        with clean.daemon() as daemon:
            wait_until(lambda: "event=source_assigned" in daemon.stderr(), 60, "the source to be assigned")
            without = measured(clean, 12)
            assert daemon.terminate(10) == 0
        with poisoned.daemon() as daemon:
            wait_until(lambda: "event=source_assigned" in daemon.stderr(), 60, "the source to be assigned")
            with Poison(broker.bootstrap, poisoned.topic, Canaries(rng)) as poison:
                beside = measured(poisoned, 12)
            poisoned.wait_consumed(daemon, beside["records"] + poison.given)
            assert daemon.terminate(10) == 0
        rejected = sum(p["rejected"] for p in poisoned.completeness()["partitions"])
        print(f"p50 {without['p50_ms']} ms, p99 {without['p99_ms']} ms; beside {poison.given} poisonous records ({poison.huge_given} of"
              f" 10 MB) p50 {beside['p50_ms']} ms, p99 {beside['p99_ms']} ms, most {beside['max_ms']} ms")  # fmt: skip
        assert rejected == poison.given
        assert beside["p99_ms"] <= FACTOR_MAX * without["p99_ms"] + MORE_MS_MAX
        rounds.reached(poison.given >= 1000 and poison.huge_given >= 4)
