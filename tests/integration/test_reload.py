"""Reloads under load: each good one is in force from its time on, each bad one changes nothing, and what was judged by
what is on record, so that the oracle and a replay come to the same figures."""

import datetime
import json
import os
import signal
import threading
import time

import pytest

from support.kafka_client import produce_ndjson
from support.processes import wait_until
from support.product import (
    World,
    assert_same_everything,
    new_topic,
    truth_of,
    wait_alerts_delivered,
)

RELOADS = 100
PARTITIONS = 3
EVENTS_PER_SECOND = 3_000
# Event time runs a thousand times as fast as the clock, and ahead of it: so each version soon judges something.
STEP = datetime.timedelta(milliseconds=350)

AGENCIES = """
[[agency]]
id = "dhs"
[[agency]]
id = "ice"
parent = "dhs"
[[agency]]
id = "hsi"
parent = "ice"
[[agency]]
id = "local"
"""
HEADER = "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n"
ASKERS = ["VTICE0900", "DCHSI0000", "IL0160000", "VTICEO9OO", "NY0160000"]
BAD_POLICIES = [
    "[[block]\n",
    '[[block]]\nid = "x"\n',
    '[[block]]\nid = "x"\njurisdictions = ["IL"]\nagencies = ["nobody"]\nenforce_from = 2025-01-01\n',
    '[[block]]\nid = "x"\njurisdictions = ["ZZ"]\nagencies = ["ice"]\nenforce_from = 2025-01-01\n',
    '[[block]]\nid = "x"\njurisdictions = ["IL"]\nagencies = ["ice"]\nenforce_from = "soon"\n',
    '[[block]]\nid = "x"\njurisdictions = ["IL"]\nagencies = ["ice"]\nenforce_from = 2025-01-01\ncolor = 1\n',
]
BAD_ORIS = ["", HEADER + "VTICE0900,nobody,,FE,active,,VT,,,\n", HEADER + "SHORT,ice,,FE,active,,VT,,,\n"]


def policy(rng):
    """One of many good policies: what they say differs in every respect that a verdict depends on."""
    ids = rng.sample(["one", "two", "three"], rng.randint(1, 3))
    text = f"# {rng.random()}\n"
    for name in ids:
        text += (
            f'[[block]]\nid = "{name}"\njurisdictions = {json.dumps(rng.sample(["IL", "NY", "MA", "MN"], 2))}\n'
            f'agencies = ["{rng.choice(["dhs", "ice", "hsi"])}"]\nmode = "{rng.choice(["enforce", "enforce", "shadow"])}"\n'
            f'classes = {json.dumps(rng.choice([[], ["driver_license"], ["photo"]]))}\n'
            f'enforce_from = 2025-01-{rng.randint(10, 28)}\nauthority = "order {name}"\n'
        )
        if name == "one" or rng.random() < 0.7:
            # The newest version decides whether the uses are too many: those of one block are always limited.
            limit = f"max_uses = {rng.choice([0, 1, 20, 300])}\n"
            text += (
                f'[[block.exception]]\nreference = "case 1"\npurposes = ["C"]\nstarts_at = 2025-02-{rng.randint(10, 28)}\n'
                + (limit if name == "one" else rng.choice(["", limit]))
            )
    if rng.random() < 0.5:
        text += '[[watch]]\nid = "eyes"\njurisdictions = ["*"]\nagencies = ["local"]\n'
    return text


def oris(rng):
    rows = [("VTICE0900", "ice"), ("DCHSI0000", rng.choice(["hsi", "ice"])), ("IL0160000", rng.choice(["local", "hsi"]))]
    return HEADER + "".join(f"{ori},{agency},,FE,active,,,,,\n" for ori, agency in rows)


class Load(threading.Thread):
    """Writes events into the topic until told to end, and the same into files for the oracle."""

    def __init__(self, brokers, topic, data, rng):
        super().__init__(daemon=True)
        self.brokers, self.topic, self.data, self.rng = brokers, topic, data, rng
        self.stop, self.failure = threading.Event(), None
        self.count = 0
        self.time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)

    def event(self):
        rng = self.rng
        self.time += STEP
        late = datetime.timedelta(seconds=rng.choice([0, 0, 0, 30, 900]))
        event = {
            "id": f"e{self.count}",
            "time": (self.time - late).isoformat(timespec="milliseconds"),
            "message_key": rng.choice(["DQ", "RQ", "AM"]),
            "origin": {"ori": rng.choice(ASKERS)},
            "destinations": rng.choice([["IL"], ["NY", "MA"], ["NL"], ["MN"]]),
            "outcome": rng.choice(["answered", "rejected", "no_record"]),
            "image_requested": rng.random() < 0.3,
            "purpose": rng.choice(["C", "F"]),
        }
        return json.dumps(event).encode(), int(self.time.timestamp() * 1000)

    def run(self):
        try:
            self.data.mkdir()
            lines = [open(self.data / f"p{n}.ndjson", "wb") for n in range(PARTITIONS)]
            stamps = [open(self.data / f"p{n}.ts", "w") for n in range(PARTITIONS)]
            while not self.stop.is_set():
                begin = time.monotonic()
                batch = []
                for _ in range(EVENTS_PER_SECOND // 10):
                    payload, stamp = self.event()
                    partition = self.count % PARTITIONS
                    lines[partition].write(payload + b"\n")
                    stamps[partition].write(f"{stamp}\n")
                    batch.append((partition, None, payload, stamp))
                    self.count += 1
                produce_ndjson(self.brokers, self.topic, batch)
                time.sleep(max(0.0, 0.1 - (time.monotonic() - begin)))
            for file in lines + stamps:
                file.close()
        except BaseException as failure:  # noqa: BLE001 - the test raises it
            self.failure = failure


def replace(path, text):
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


@pytest.mark.fault(row=20, what="a bad reload", injected="SIGHUP with a bad file",
                   seen="the old configuration stays in force and says so", often="50 times")  # fmt: skip
@pytest.mark.time_limit(400)
def test_a_hundred_reloads_under_load_half_of_them_bad(tmp_path, bin_dir, broker, rng):
    topic, alerts = new_topic(broker.bootstrap, "reload", PARTITIONS), new_topic(broker.bootstrap, "reload.alerts")
    files = {name: tmp_path / name for name in ("policy.toml", "agencies.toml", "oris.csv")}
    good = {"policy.toml": policy(rng), "agencies.toml": AGENCIES, "oris.csv": oris(rng)}
    for name, text in good.items():
        files[name].write_text(text)
    world = World(
        tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic, alerts=alerts,
        policy=files["policy.toml"], agencies=files["agencies.toml"], oris=files["oris.csv"],
    )  # fmt: skip
    config = world.config.read_text()
    load = Load(broker.bootstrap, topic, tmp_path / "data", rng)

    def in_force():
        versions = world.ask("/api/v1/policy")
        return tuple(versions[name][-1]["digest"] for name in ("policies", "catalogs"))

    def reload_succeeded():
        return "blockwatch_config_reload_success 1\n" in world.get("/metrics")[1]

    def hang_up(daemon, what, logged):
        before = daemon.stderr().count(logged)
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: daemon.stderr().count(logged) > before, 20, what, interval_seconds=0.02)

    changes, log_output = 0, '[[output]]\nname = "console"\nkind = "log"\n'
    with world.daemon() as daemon:
        world.wait_consumed(daemon, 0)
        load.start()
        for i in range(RELOADS):
            assert load.failure is None, load.failure
            before = in_force()
            if i % 2 == 0:
                good["policy.toml"] = policy(rng)
                if i % 10 == 0:
                    good["oris.csv"] = oris(rng)
                for name, text in good.items():
                    replace(files[name], text)
                replace(world.config, config + (log_output if i % 4 == 0 else ""))
                hang_up(daemon, f"reload {i}", "event=reloaded")
                assert reload_succeeded()
                assert in_force() != before
                changes += 1
            else:
                bad = rng.randrange(3)
                if bad == 0:
                    replace(files["policy.toml"], rng.choice(BAD_POLICIES))
                elif bad == 1:
                    replace(files["oris.csv"], rng.choice(BAD_ORIS))
                else:
                    replace(world.config, config + '[[output]]\nname = "x"\nkind = "pigeon"\n')
                hang_up(daemon, f"bad reload {i}", "event=reload_refused")
                assert not reload_succeeded()
                assert in_force() == before
                names = ["policy.toml:", "oris.csv:", "blockwatchd.toml:"]
                assert names[bad] in daemon.stderr().rsplit("event=reload_refused", 2)[-2], "the fault is named"
        load.stop.set()
        load.join(60)
        assert load.failure is None, load.failure
        world.wait_consumed(daemon, load.count)
        wait_alerts_delivered(world, daemon)
        history = tmp_path / "history"
        world.cli("policy", "export", "--url", f"unix:{world.socket}", history)
        assert daemon.terminate(10) == 0

    recorded = json.loads((history / "history.json").read_text())
    assert len(recorded["policies"]) > changes // 2, "most versions came into force"
    assert len(recorded["catalogs"]) > 1
    truth = truth_of(world, load.data, history=history)
    closed = {m["id"] for i in truth["incidents"] for m in i["notifications"] if m["milestone"] == "closed"}
    kinds = {i["kind"] for i in truth["incidents"]}
    assert kinds >= {"block_leak", "blocked_attempt", "lookalike_ori", "exception_exceeded", "watch", "unknown_ori"}
    totals = truth["reports"][0]["totals"]
    assert all(totals[name] > 0 for name in ("blocked", "leaks", "excepted", "watched", "shadow", "photo"))

    # A replay by the recorded history closes everything and knows every version from the start.
    replayed = World(tmp_path / "replayed", bin_dir, brokers=broker.bootstrap, topic=topic,
                     policy=files["policy.toml"], agencies=files["agencies.toml"], oris=files["oris.csv"])  # fmt: skip
    for name, text in good.items():
        replace(files[name], text)
    replayed.replay("--policy-history", history)
    assert_same_everything(replayed, truth, ended=True)

    # The daemon's own state: the same, but that it is not at the end of its days yet, and what it notified it notified.
    live = {i["incident"]: i for i in world.incidents()}
    want = {i["incident"]: i for i in truth["incidents"]}
    different = [(live.get(name), want.get(name)) for name in live.keys() ^ want.keys()]
    assert not different, different[0]
    for name, incident in live.items():
        for figure in ("count", "by_outcome", "by_class", "first", "last", "kind", "policy", "jurisdiction", "agency", "day"):
            assert incident[figure] == want[name][figure], (figure, incident, want[name])
        got, expected = ({n["id"] for n in i["notifications"]} - closed for i in (incident, want[name]))
        if incident["kind"] != "exception_exceeded":  # whose maximum may have been lower once
            assert got == expected, incident
        assert got >= expected, incident
    for cut in truth["reports"]:
        assert world.report(truth, cut)["rows"] == cut["rows"], cut["by"]
