"""Offset anomalies on a real Kafka (row 11 of docs/RELIABILITY.md): each is found, named, alerted and halts its partition,
or goes on as configured; what an operator decides is kept; what was counted equals the oracle all the same."""

import contextlib
import json
import os
import time

import pytest

from support.kafka_broker import KafkaBroker
from support.kafka_client import consume_all, create_topic, delete_topic, produce_ndjson, watermarks
from support.processes import wait_until
from support.product import World, assert_same_incidents, assert_same_rows, generate, new_topic, save_partition, truth_of

COUNTED, BEHIND = 1_000, 2_000  # records of partition 0 when the daemon stops, and in all


@pytest.fixture(scope="module")
def records(tmp_path_factory, bin_dir):
    """Lines and timestamps of two partitions of one traffic, and of one of another."""
    folder = tmp_path_factory.mktemp("gaps")
    generate(bin_dir, "--events", 4 * BEHIND, "--seed", 71, "--partitions", 2, "--out", folder / "first")
    generate(bin_dir, "--events", 2 * BEHIND, "--seed", 72, "--partitions", 1, "--out", folder / "other")
    read = lambda path: list(zip(path.with_suffix(".ndjson").read_bytes().splitlines(), map(int, path.with_suffix(".ts").read_text().split())))
    lines = {"p0": read(folder / "first/p0"), "p1": read(folder / "first/p1"), "other": read(folder / "other/p0")}
    assert all(len(some) >= BEHIND for some in lines.values())
    return {name: some[:BEHIND] for name, some in lines.items()}


@pytest.fixture
def world(tmp_path, bin_dir, own_broker):
    stem = f"gaps.{time.time_ns()}"
    return World(tmp_path, bin_dir, brokers=own_broker.bootstrap, topic=new_topic(own_broker.bootstrap, stem, 2),
                 alerts=new_topic(own_broker.bootstrap, stem + ".alerts"))  # fmt: skip


def produce(world, partition, lines):
    produce_ndjson(world.brokers, world.topic, [(partition, None, value, stamp) for value, stamp in lines])


def count(world, records):
    """Runs the daemon until so many are counted."""
    with world.daemon() as daemon:
        world.wait_consumed(daemon, records)
        assert daemon.terminate(10) == 0


def gaps(world):
    return json.loads(world.cli("gaps", "list", "--state-dir", world.state, "--format", "json"))["gaps"]


def wait_gap(world, daemon, seconds=30):
    def found():
        assert daemon.running(), f"the daemon ended\n{daemon.tail()}"
        with contextlib.suppress(OSError):
            return world.ask("/api/v1/gaps")["gaps"]
        return []

    return wait_until(found, seconds, "a gap to be found", interval_seconds=0.1)


def data_gap_alerts(world):
    """By milestone, of the alert topic."""
    events = [json.loads(record.value)["data"] for record in consume_all(world.brokers, world.alerts)]
    return [(e["milestone"], e["policy"], e["severity"], e["count"]) for e in events if e["kind"] == "data_gap"]


def assert_counted(world, tmp_path, *partitions):
    """The state is the oracle's on these records; it knows neither gaps nor the offsets behind them."""
    data = tmp_path / "expected"
    data.mkdir()
    for number, lines in enumerate(partitions):
        save_partition(data, number, lines)
    truth = truth_of(world, data)
    assert_same_rows(world, truth, ended=False)
    # A daemon closes a day once its clocks have passed it.
    without_closed = lambda i: {**i, "notifications": [n for n in i["notifications"] if n["milestone"] != "closed"]}
    truth["incidents"] = [without_closed(i) for i in truth["incidents"]]
    incidents = [without_closed(i) for i in world.incidents() if i["kind"] != "data_gap"]
    world.incidents = lambda: incidents
    assert_same_incidents(world, truth, positions=False)
    for partition, lines in zip(world.completeness()["partitions"], partitions):
        assert partition["consumed"] == len(lines)
        assert partition["consumed"] == sum(end - start for start, end in partition["ranges"])
    want = [sum(p[k] for p in truth["completeness"]["partitions"]) for k in ("counted", "duplicate", "rejected")]
    assert [sum(p[k] for p in world.completeness()["partitions"]) for k in ("counted", "duplicate", "rejected")] == want
    assert len(json.loads(world.cli("rejects", "--state-dir", world.state, "--format", "json"))["rejects"]) == want[2]


def overrun(world, own_broker, records):
    """Partition 0 lost the offsets 1,000 to 1,499 before they were counted; partition 1 lost nothing."""
    for partition in (0, 1):
        produce(world, partition, records[f"p{partition}"][:COUNTED])
    count(world, 2 * COUNTED)
    for partition in (0, 1):
        produce(world, partition, records[f"p{partition}"][COUNTED:])
    own_broker.delete_records(world.topic, 0, 1_500)


@pytest.mark.fault(row=11, what="retention overran the position", injected="records deleted by request",
                   seen="the partition halts, alerted, exact range; others go on; an operator decides", often="once each: halt, continue")  # fmt: skip
def test_where_retention_overran_a_partition_halts_the_others_go_on_and_an_operator_decides(world, own_broker, records, tmp_path):
    overrun(world, own_broker, records)
    with world.daemon() as daemon:
        (gap,) = wait_gap(world, daemon)
        assert (gap["kind"], gap["state"], gap["partition"]) == ("retention_overrun", "halted", 0)
        assert (gap["position"], gap["log_start"], gap["log_end"], gap["missing"]) == (1_000, 1_500, 2_000, 500)
        world.wait_consumed(daemon, 3 * COUNTED)
        assert world.metric("blockwatch_partition_halted") == {
            f'{{partition="{p}",topic="{world.topic}"}}': 1 - p for p in (0, 1)
        }
        assert sum(world.metric("blockwatch_gaps_total").values()) == 1
        assert any("is halted at offset 1000 (retention_overrun)" in text for text in world.ask("/api/v1/status")["attention"])
        report = world.ask("/api/v1/report?from=2000-01-01&to=2100-01-01")
        assert not report["complete"] and "offsets 1000 to 1499 were deleted" in report["gaps"][0]
        wait_until(lambda: data_gap_alerts(world), 20, "the alert")
        refused = world.cli("gaps", "accept", f"{world.topic}/0", "--state-dir", world.state, status=75)
        assert refused == ""
        assert daemon.terminate(10) == 0
    with world.daemon() as daemon:  # found again, and no news
        wait_gap(world, daemon)
        time.sleep(1)
        assert len(world.ask("/api/v1/gaps")["gaps"]) == 1
        assert daemon.terminate(10) == 0
    assert data_gap_alerts(world) == [("opened", f"{world.topic}/0", "critical", 1)]

    nowhere = tmp_path / "nowhere"
    world.cli("gaps", "accept", f"{world.topic}/0", "--state-dir", nowhere, status=64)
    assert not nowhere.exists(), "a decision creates no state"
    if os.geteuid() == 0:  # who is not root has no state of another user
        os.chown(world.state, 65534, -1)
        world.cli("gaps", "accept", f"{world.topic}/0", "--state-dir", world.state, status=64)
        os.chown(world.state, 0, -1)
    said = world.cli("gaps", "accept", f"{world.topic}/0", "--state-dir", world.state, "--note", "ticket 7")
    assert "counting went on at offset 1500" in said
    count(world, 3 * COUNTED + 500)
    (gap,) = gaps(world)
    assert (gap["state"], gap["resumed_at"], gap["note"]) == ("accepted", 1_500, "ticket 7")
    assert gap["decided_at"] and gap["until_event_time"] > gap["after_event_time"]
    partition = world.completeness()["partitions"][0]
    assert partition["ranges"] == [[0, 1_000], [1_500, 2_000]] and partition["gaps"] == [gap]
    assert_counted(world, tmp_path, records["p0"][:1_000] + records["p0"][1_500:], records["p1"])


def test_where_retention_overran_counting_goes_on_if_so_configured(world, own_broker, records, tmp_path):
    world.config.write_text(world.config.read_text().replace("[source]\n", '[source]\non_gap = "continue"\n'))
    overrun(world, own_broker, records)
    count(world, 3 * COUNTED + 500)
    (gap,) = gaps(world)
    assert (gap["kind"], gap["state"], gap["resumed_at"], gap["missing"]) == ("retention_overrun", "continued", 1_500, 500)
    assert data_gap_alerts(world) == [("opened", f"{world.topic}/0", "critical", 1)]
    report = json.loads(world.cli("report", "--state-dir", world.state, "--from", "2000-01-01", "--to", "2100-01-01", "--format", "json"))
    assert not report["complete"]
    assert_counted(world, tmp_path, records["p0"][:1_000] + records["p0"][1_500:], records["p1"])


def test_where_all_that_was_counted_has_expired_nothing_is_missing(world, own_broker, records, tmp_path):
    for partition in (0, 1):
        produce(world, partition, records[f"p{partition}"][:COUNTED])
    count(world, 2 * COUNTED)
    own_broker.delete_records(world.topic, 0, COUNTED)
    for partition in (0, 1):
        produce(world, partition, records[f"p{partition}"][COUNTED:])
    count(world, 4 * COUNTED)
    assert gaps(world) == []
    assert_counted(world, tmp_path, records["p0"], records["p1"])


@pytest.fixture
def single(tmp_path, bin_dir, own_broker, records):
    """A topic of one partition whose first 1,000 records are counted."""
    stem = f"single.{time.time_ns()}"
    world = World(tmp_path, bin_dir, brokers=own_broker.bootstrap, topic=new_topic(own_broker.bootstrap, stem),
                  alerts=new_topic(own_broker.bootstrap, stem + ".alerts"))  # fmt: skip
    for begin in range(0, COUNTED, 100):  # in batches, which are what a broker loses
        produce(world, 0, records["p0"][begin : begin + 100])
    count(world, COUNTED)
    return world


def recreate(world, lines, gone_seconds=0):
    delete_topic(world.brokers, world.topic)
    time.sleep(gone_seconds)
    create_topic(world.brokers, world.topic, 1)
    produce(world, 0, lines)


def assert_halts(world, kind):
    """With its only partition halted the daemon ends: no restart by itself helps."""
    with world.daemon() as daemon:
        assert daemon.wait(40) == 65, daemon.tail()
        assert "gaps list" in daemon.tail()
    (gap,) = gaps(world)
    assert (gap["kind"], gap["state"], gap["position"]) == (kind, "halted", COUNTED)
    assert data_gap_alerts(world) == [] or data_gap_alerts(world) == [("opened", f"{world.topic}/0", "critical", 1)]
    return gap


@pytest.mark.fault(row=11, what="a topic created anew: shorter, as long, longer", injected="topic deleted and created",
                   seen="halts; an operator begins a new epoch", often="once each")  # fmt: skip
@pytest.mark.parametrize("length, kind", [(400, "truncated"), (COUNTED, "anchor_differs"), (1_700, "anchor_differs")])
def test_a_topic_that_was_created_anew_halts_and_an_operator_begins_a_new_epoch(single, records, tmp_path, length, kind):
    recreate(single, records["other"][:length])
    gap = assert_halts(single, kind)
    assert (gap["log_start"], gap["log_end"], gap["missing"]) == (0, length, None)
    name = f"{single.topic}/0"
    single.cli("gaps", "accept", name, "--state-dir", single.state, status=64)  # it must be said where
    single.cli("gaps", "accept", name, "--state-dir", single.state, "--resume", "start")
    count(single, COUNTED + length)
    assert single.completeness()["partitions"][0]["ranges"] == [[0, COUNTED], [0, length]]
    assert_counted(single, tmp_path, records["p0"][:COUNTED] + records["other"][:length])


@pytest.mark.fault(row=11, what="a topic created anew under the running daemon", injected="topic deleted and created",
                   seen="halts", often="once each")  # fmt: skip
@pytest.mark.parametrize("gone_seconds, length, kind", [(0, 400, "truncated"), (2, 1_700, "anchor_differs")])
def test_a_topic_that_is_created_anew_while_the_daemon_runs_halts_it(single, records, gone_seconds, length, kind):
    def is_at_end():
        with contextlib.suppress(OSError):
            return single.ask("/api/v1/status")["partitions"][0]["at_end"]

    with single.daemon() as daemon:
        wait_until(is_at_end, 30, "the end of the log")
        recreate(single, records["other"][:length], gone_seconds)
        assert daemon.wait(60) == 65, daemon.tail()
    (gap,) = gaps(single)
    assert gap["kind"] == kind
    assert single.completeness()["partitions"][0]["consumed"] == COUNTED


@pytest.mark.fault(row=11, what="truncation", injected="kill -9 of the broker and a cut segment",
                   seen="halts", often="once")  # fmt: skip
def test_a_log_that_lost_its_end_halts(single, own_broker, records, tmp_path):
    own_broker.cut_log(single.topic, 0, 0.5)
    ((low, high),) = watermarks(single.brokers, single.topic).values()
    assert low == 0 and 0 < high < COUNTED, "the log was not cut"
    gap = assert_halts(single, "truncated")
    assert gap["log_end"] == high
    # What is written there now is new, whatever its offset.
    single.cli("gaps", "accept", f"{single.topic}/0", "--state-dir", single.state, "--resume", "end")
    produce(single, 0, records["other"][:300])
    count(single, COUNTED + 300)
    assert_counted(single, tmp_path, records["p0"][:COUNTED] + records["other"][:300])


@pytest.mark.fault(row=11, what="another cluster", injected="a second broker",
                   seen="halts; the right one goes on by itself", often="once")  # fmt: skip
def test_another_cluster_halts_and_the_right_one_goes_on_by_itself(single, records, tmp_path):
    right = single.config.read_text()
    with KafkaBroker() as wrong:
        create_topic(wrong.bootstrap, single.topic, 1)
        create_topic(wrong.bootstrap, single.alerts, 1)
        produce_ndjson(wrong.bootstrap, single.topic, [(0, None, v, t) for v, t in records["p0"]])  # the very records, and more
        single.config.write_text(right.replace(single.brokers, wrong.bootstrap))
        assert_halts(single, "wrong_cluster")
    single.config.write_text(right)
    produce(single, 0, records["p0"][COUNTED:])
    count(single, BEHIND)
    (gap,) = gaps(single)
    assert gap["state"] == "cleared"
    report = json.loads(single.cli("report", "--state-dir", single.state, "--from", "2000-01-01", "--to", "2100-01-01", "--format", "json"))
    assert all("cluster" not in text for text in report["gaps"])
    assert_counted(single, tmp_path, records["p0"])
