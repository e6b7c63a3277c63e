"""Every output down while alerts come by the ten thousand: memory is bounded, counting goes on, and once the outputs are back each has
every notification."""

import json
import time
import tomllib

import pytest

from support.kafka_broker import KafkaBroker
from support.proc import memory_bytes_max
from support.processes import wait_until
from support.product import (
    EXAMPLES,
    World,
    assert_alert_topic_holds_every_notification,
    assert_same_everything,
    generate,
    new_topic,
    notification_ids,
    oracle_running,
    wait_alerts_delivered,
)

PARTITIONS = 3
# Records, most of them of several jurisdictions; over so many days that few join an incident that is open.
SHORT, LONG = (8_000, 28, 24_000), (500_000, 400, 1_000_000)  # and so many notifications at least
MEMORY_BYTES_MAX = 384 << 20  # measured: 220 to 280 MiB, outputs up or down

POLICY = """[[block]]
id = "everybody"
jurisdictions = ["*"]
agencies = {agencies}
enforce_from = 2020-01-01
authority = "made up for this test"
"""
RESERVED = ["unknown", "ambiguous", "unclassified", "federal_unclassified"]


def everybody_blocked():
    agencies = tomllib.loads((EXAMPLES / "agencies.toml").read_text())["agency"]
    return POLICY.format(agencies=json.dumps([agency["id"] for agency in agencies if "parent" not in agency] + RESERVED))


@pytest.mark.fault(row=16, what="every output down: one black hole, one dead port", injected="a TCP proxy and kill -9 of the outputs' broker",
                   seen="counts on in at most 384 MiB; then each output has every notification",
                   often="about 30,000 notifications; 1,000,000 with `--long`")  # fmt: skip
@pytest.mark.parametrize("events, days, notifications", [SHORT, pytest.param(*LONG, marks=pytest.mark.long)])
@pytest.mark.time_limit(1500)
def test_outputs_that_are_all_down_cost_no_memory_and_no_notification(tmp_path, bin_dir, broker, seed, events, days, notifications):
    policy = tmp_path / "policy.toml"
    policy.write_text(everybody_blocked())
    with KafkaBroker(proxied=True) as subscribers:
        outputs = {"black-hole": subscribers.proxied_bootstrap, "dead-port": subscribers.bootstrap}
        for name in outputs:
            new_topic(subscribers.bootstrap, name)
        tables = (
            f'[[output]]\nname = "{name}"\nkind = "kafka"\ntopic = "{name}"\n[output.kafka]\n"bootstrap.servers" = "{address}"\n'
            for name, address in outputs.items()
        )
        topic = new_topic(broker.bootstrap, f"outputs.{time.time_ns()}", PARTITIONS)
        world = World(tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic, policy=policy, more="".join(tables))
        subscribers.proxy.cut()
        subscribers.kill()
        generate(bin_dir, "--events", events, "--days", days, "--seed", seed, "--out", tmp_path / "data", "--to-kafka", broker.bootstrap, topic, PARTITIONS)
        with oracle_running(world, tmp_path / "data") as pending, world.daemon() as daemon:
            truth = pending.wait(600)
            made = len(notification_ids(truth))
            assert made >= notifications
            world.wait_consumed(daemon, events, 600)
            waiting = lambda: set(world.metric("blockwatch_outbox_pending").values())
            wait_until(lambda: waiting() == {made}, 60, f"{made} notifications to wait for each output", interval_seconds=0.5)
            wait_until(lambda: daemon.stderr().count("output_failed") == len(outputs), 30, "both outputs to fail")
            print(f"{made} notifications wait, memory at most {memory_bytes_max(daemon.pid) >> 20} MiB")
            subscribers.start()
            subscribers.proxy.heal()
            begin = time.monotonic()
            wait_alerts_delivered(world, daemon, 600)
            memory = memory_bytes_max(daemon.pid)
            print(f"delivered in {time.monotonic() - begin:.1f} s, memory at most {memory >> 20} MiB")
            assert daemon.terminate(10) == 0
        assert memory <= MEMORY_BYTES_MAX, f"{memory >> 20} MiB"
        assert_same_everything(world, truth)
        for name in outputs:
            assert_alert_topic_holds_every_notification(world, truth, subscribers.bootstrap, name)
