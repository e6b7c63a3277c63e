"""Ten years of buckets and no more: what is kept of events eleven years apart equals the oracle, and a report that touches
what has expired says so. And history is recorded, never sent, at an output with a max_age."""

import datetime
import itertools
import json

import pytest
from oracle.oracle import Oracle

from support.processes import ROOT, run
from support.product import World, assert_balanced, assert_same, comparable

EXAMPLE = ROOT / "tests/oracle/example"
POLICY = """
[[block]]
id = "il-ice"
jurisdictions = ["IL"]
agencies = ["ice"]
enforce_from = 2014-06-01
authority = "order 1"
"""
CUTS = (
    {"by": ["agency", "jurisdiction", "class", "channel", "outcome", "verdict"]},
    {"by": ["ori", "jurisdiction", "day"]},
    {"by": ["agency", "class", "day"], "unit": "messages"},
)
# (reference of the records, [(partition, event time)]): each phase appends to the files and replays them. The newest event
# is at noon, 3,653 days after BOUND.
LONG_AGO, NOW = "2015-11-20T00:00:00Z", "2025-11-13T00:00:00Z"
BOUND, NEWEST = "2015-11-12", "2025-11-12T12:30:00Z"
PHASES = (
    (LONG_AGO, [(0, "2014-11-12T08:00:00Z"), (1, "2014-11-12T08:00:00Z"), (0, "2015-11-11T23:59:59.999999999Z"),
                (0, "2015-11-12T00:00:00Z"), (0, "2015-11-12T23:30:00Z"), (1, "2015-11-13T00:00:00Z")]),
    (NOW, [(0, "2019-02-28T12:00:00Z"), (0, NEWEST), (0, "2025-11-10T12:10:00Z"), (0, "2025-11-10T12:31:00Z"),
           (0, "2025-11-12T09:00:00Z")]),
    # An old file is appended: its records are as old as their broker timestamps, ten years behind the clock.
    (LONG_AGO, [(0, "2014-11-12T09:00:00Z"), (0, "2015-11-11T10:00:00Z"), (0, "2015-11-12T10:00:00Z"), (0, "2015-11-15T10:00:00Z")]),
)  # fmt: skip


class Records:
    """The files that the product and the oracle read, growing."""

    def __init__(self, folder):
        self.folder, self._numbers = folder, itertools.count()
        folder.mkdir()
        self.files = [folder / "p0.ndjson", folder / "p1.ndjson"]
        for file in self.files:
            file.touch()
            file.with_suffix(".ts").touch()

    def append(self, reference, events):
        milliseconds = int(datetime.datetime.fromisoformat(reference.replace("Z", "+00:00")).timestamp() * 1000)
        for partition, time in events:
            record = {"id": f"e{next(self._numbers)}", "time": time, "message_key": "DQ", "origin": {"ori": "VTICE0900"},
                      "destinations": ["IL", "NY"], "outcome": "answered"}  # fmt: skip
            with self.files[partition].open("a") as out:
                out.write(json.dumps(record) + "\n")
            with self.files[partition].with_suffix(".ts").open("a") as out:
                out.write(f"{milliseconds}\n")

    def inputs(self):
        return [word for file in self.files for word in ("--input", file)]


def world_in(folder, bin_dir, **words):
    folder.mkdir()
    policy = folder / "policy.toml"
    policy.write_text(POLICY)
    return World(folder, bin_dir, policy=policy, agencies=EXAMPLE / "agencies.toml", oris=EXAMPLE / "oris.csv", **words)


def report(world, start, end, by, unit="observations"):
    words = ["--from", start, "--to", end, "--by", ",".join(by), "--unit", unit, "--format", "json"]
    return json.loads(world.cli("report", "--state-dir", world.state, *words))


@pytest.fixture(scope="module")
def counted(tmp_path_factory, bin_dir):
    """The state after all phases, and the oracle of the same records."""
    folder = tmp_path_factory.mktemp("expiry")
    world, records = world_in(folder / "world", bin_dir), Records(folder / "data")
    for reference, events in PHASES:
        records.append(reference, events)
        world.replay("--as-of", reference, *records.inputs())
    return world, Oracle(world.policy, world.agencies, world.oris, NOW).run(str(records.folder))


def test_every_record_has_its_fate_and_its_incident_however_old_it_is(counted):
    world, oracle = counted
    completeness = world.completeness()
    assert_balanced(completeness)
    assert_same("completeness", completeness["partitions"], oracle.completeness()["partitions"])
    assert sum(p["counted"] for p in completeness["partitions"]) == sum(len(events) for _, events in PHASES)
    got = [comparable(i, positions=True) for i in world.incidents()]
    assert_same("incident", got, [comparable(i, positions=True) for i in oracle.incident_list()])


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: ",".join(cut["by"]))
def test_from_the_oldest_kept_day_on_every_row_equals_the_oracle(counted, cut):
    world, oracle = counted
    got = report(world, BOUND, "2025-11-13", **cut)
    want = oracle.report(start=BOUND, end="2025-11-13", **cut)
    assert_same("row", got["rows"], want["rows"])
    assert got["totals"] == want["totals"] and got["totals"]["requests"] > 0
    assert got["complete"] and got["final"] and got["gaps"] == []


@pytest.mark.parametrize("end", ["2025-11-10T12:31:00Z", "2025-11-10T12:32:00Z"])
def test_the_hour_in_which_the_kept_minutes_begin_is_whole(counted, end):
    world, oracle = counted
    words = {"start": "2025-11-10", "end": end, "by": ["jurisdiction"]}
    got = report(world, **words)
    assert got["rows"] == oracle.report(**words)["rows"]
    assert got["totals"]["requests"] == {"2025-11-10T12:31:00Z": 2, "2025-11-10T12:32:00Z": 4}[end]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: ",".join(cut["by"]))
def test_a_span_that_touches_what_has_expired_is_incomplete_and_says_so(counted, cut):
    world, _ = counted
    got = report(world, "2015-11-11", BOUND, **cut)
    assert got["rows"] == [] and not got["complete"] and not got["final"]
    assert got["gaps"] == ["nlets.queries/0: what it counted before 2015-11-12T00:00:00Z has expired (buckets are kept for 3653 "
                           "days before its newest event)"]  # fmt: skip
    got = report(world, "2014-01-01", "2026-01-01", **cut)
    assert not got["complete"] and len(got["gaps"]) == 1
    whole = report(world, BOUND, "2026-01-01", **cut)
    only = 1 if cut.get("unit") == "messages" else 2  # partition 1 is not that far: its clock is what it was
    assert got["totals"]["requests"] == whole["totals"]["requests"] + only


def test_before_the_oldest_event_nothing_was_lost(counted):
    world, _ = counted
    got = report(world, "2013-01-01", "2014-11-12", ["agency"])
    assert got["rows"] == [] and got["complete"] and got["final"] and got["gaps"] == []


def test_one_replay_a_record_leaves_the_same_counts(counted, tmp_path, bin_dir):
    world, records = world_in(tmp_path / "world", bin_dir), Records(tmp_path / "data")
    for reference, events in PHASES:
        for one in events:
            records.append(reference, [one])
            world.replay("--as-of", reference, *records.inputs())
    for start, cut in itertools.product(("2014-01-01", "2015-11-11", BOUND), CUTS):
        got, want = (report(w, start, "2025-11-13", **cut) for w in (world, counted[0]))
        assert got == want


# ------------------------------------------------------------------ max_age
OUTPUTS = """
[[output]]
name = "archive"
kind = "log"
[[output]]
name = "pager"
kind = "log"
max_age = "24h"
"""


def alert_lines(world, records):
    """Those that a replay wrote to its log."""
    words = ["replay", "--config", world.config, "--deliver", "--as-of", NOW, *records.inputs()]
    written = run([world.bin_dir / "blockwatch", *words]).stderr
    return [line for line in written.splitlines() if "event=alert" in line]


def results(world, output):
    """How often each, over all notifications; and how many there are."""
    found, count = {}, 0
    for incident in world.incidents():
        shown = json.loads(world.cli("alerts", "show", incident["incident"], "--state-dir", world.state, "--format", "json"))
        for notification in shown["incidents"][0]["notifications"]:
            of = next(o for o in notification["outputs"] if o["output"] == output)
            what = of["result"] + "/" + of.get("reason", "")
            found[what] = found.get(what, 0) + 1
            count += 1
    return found, count


def test_a_replayed_old_year_is_sent_to_the_archive_and_recorded_as_stale_for_the_pager(tmp_path, bin_dir):
    world, records = world_in(tmp_path / "world", bin_dir, more=OUTPUTS), Records(tmp_path / "data")
    records.append(NOW, [(0, f"2024-{month:02}-15T12:00:00Z") for month in range(1, 13)])
    ids = [line.split(" id=")[1].split()[0] for line in alert_lines(world, records)]
    archive, notifications = results(world, "archive")
    pager, _ = results(world, "pager")
    assert notifications == 24  # twelve days, each opened and closed
    assert archive == {"delivered/": notifications}
    assert pager == {"suppressed/stale": notifications}
    assert len(ids) == len(set(ids)) == notifications  # nothing but the archive's lines
    text = world.cli("alerts", "show", world.incidents()[0]["incident"], "--state-dir", world.state)
    assert "\n    archive: delivered\n    pager: suppressed (stale)\n" in text
