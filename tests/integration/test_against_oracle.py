"""A million generated events through a real Kafka: every figure equals the oracle's, which shares no code with us."""

import pathlib
import shutil

import pytest

from support.processes import ROOT
from support.product import (
    World,
    assert_balanced,
    assert_exact,
    assert_same_everything,
    assert_same_incidents,
    assert_same_rows,
    generate,
    new_topic,
    oracle_running,
    truth_of,
    wait_settled,
)

EVENTS = 1_000_000
PARTITIONS = 4
SEED = 20251112
# After every event by less than a year, so that with it as the reference of all records the fates are the same as with
# each record's own broker timestamp (the generator spoils times by more than a year).
AS_OF = "2025-08-01T00:00:00Z"


class Million:
    """The events in a topic and in files, and what the oracle says of them."""

    def __init__(self, folder: pathlib.Path, topic: str, pending):
        self.folder, self.topic, self._pending, self._truth = folder, topic, pending, None

    @property
    def truth(self):
        if self._truth is None:
            self._truth = self._pending.wait()
        return self._truth


@pytest.fixture(scope="module")
def million(tmp_path_factory, bin_dir, broker):
    folder = tmp_path_factory.mktemp("million")
    topic = "million"
    data = folder / "data"
    generate(bin_dir, "--events", EVENTS, "--seed", SEED, "--out", data, "--to-kafka", broker.bootstrap, topic, PARTITIONS)
    with oracle_running(World(folder / "oracle", bin_dir, topic=topic), data) as pending:
        yield Million(folder, topic, pending)


def world_of(million, name, bin_dir, **words):
    return World(million.folder / name, bin_dir, **{"topic": million.topic, **words})


@pytest.mark.time_limit(600)
def test_the_daemon_counts_a_million_events_from_kafka_as_the_oracle_does(million, bin_dir, broker):
    alerts = new_topic(broker.bootstrap, "million.alerts")
    world = world_of(million, "daemon", bin_dir, brokers=broker.bootstrap, alerts=alerts)
    with world.daemon() as daemon:
        wait_settled(world, daemon, EVENTS)
        assert daemon.terminate(10) == 0
    truth = million.truth
    assert_exact(world, truth)
    assert_every_feature_occurred(truth)


@pytest.mark.time_limit(600)
def test_a_replay_of_the_topic_gives_the_same_rows_and_ids_as_the_daemon(million, bin_dir, broker):
    world = world_of(million, "replay", bin_dir, brokers=broker.bootstrap)
    world.replay()
    assert_same_everything(world, million.truth, ended=True)


@pytest.mark.time_limit(600)
def test_the_same_events_from_files_give_the_same_rows_and_ids(million, bin_dir):
    world = world_of(million, "files", bin_dir)
    files = [million.folder / "data" / f"p{n}.ndjson" for n in range(PARTITIONS)]
    world.replay("--as-of", AS_OF, *[word for name in files for word in ("--input", name)])
    assert_same_everything(world, million.truth, ended=True)


@pytest.mark.time_limit(600)
def test_the_same_events_in_seven_partitions_give_the_same_rows_and_ids(million, bin_dir, broker):
    """Ids are repeated well within the duplicate window or well beyond it, so no fate depends on a partition's clock."""
    generate(bin_dir, "--events", EVENTS, "--seed", SEED, "--to-kafka", broker.bootstrap, "seven", 7)
    world = world_of(million, "seven", bin_dir, brokers=broker.bootstrap, topic="seven")
    world.replay()
    assert_same_rows(world, million.truth, ended=True)
    assert_same_incidents(world, million.truth, positions=False)
    got = world.completeness()
    assert_balanced(got)
    assert len(got["partitions"]) == 7
    for name in ("consumed", "counted", "duplicate", "rejected", "out_of_scope"):
        want = sum(p[name] for p in million.truth["completeness"]["partitions"])
        assert sum(p[name] for p in got["partitions"]) == want, name


def assert_every_feature_occurred(truth):
    """A comparison of zeros would prove nothing."""
    kinds = {i["kind"] for i in truth["incidents"]}
    assert kinds >= {"block_leak", "blocked_query", "blocked_attempt", "enforcement_gap", "unknown_ori", "inactive_ori"}
    partitions = truth["completeness"]["partitions"]
    reasons = {reason for p in partitions for reason, count in p["by_reason"].items() if count}
    assert len(reasons) == 13, reasons
    for name in ("duplicate", "out_of_scope"):
        assert all(p[name] > 0 for p in partitions), name
    for name in ("late", "bad_destination_partial", "unknown_codes", "stray_results"):
        assert all(p["quality"][name] > 0 for p in partitions), name
    totals = truth["reports"][0]["totals"]
    for name in ("answered", "no_record", "rejected", "error", "unknown", "blocked", "leaks", "gap", "photo"):
        assert totals[name] > 0, name


def test_the_worked_example_gives_the_figures_worked_out_by_hand(tmp_path, bin_dir):
    example = ROOT / "tests/oracle/example"
    world = World(
        tmp_path, bin_dir, policy=example / "policy.toml", agencies=example / "agencies.toml", oris=example / "oris.csv"
    )
    data = tmp_path / "data"
    shutil.copytree(example / "data", data)
    as_of = "2025-12-01T00:00:00Z"
    world.replay("--as-of", as_of, "--input", data / "p0.ndjson", "--input", data / "p1.ndjson")
    truth = truth_of(world, data, as_of=as_of)
    assert_same_everything(world, truth, ended=True)

    partitions = world.completeness()["partitions"]
    figures = {name: sum(p[name] for p in partitions) for name in ("consumed", "counted", "duplicate", "rejected", "out_of_scope")}
    assert figures == {"consumed": 31, "counted": 26, "duplicate": 1, "rejected": 3, "out_of_scope": 1}
    totals = world.report(truth, {"by": ["agency"]})["totals"]
    expected = {"requests": 30, "answered": 20, "no_record": 2, "rejected": 7, "error": 1, "unknown": 0, "blocked": 16, "leaks": 6,
                "excepted": 3, "gap": 2, "watched": 1, "shadow": 0, "photo": 5}  # fmt: skip
    assert totals == expected
    # block_leak, il-ice, IL, ice, 2025-11-12 joined by 0x1F, by sha256sum.
    assert "7d88ae9216fad56a424dbb120702b17c" in {i["incident"] for i in world.incidents()}
