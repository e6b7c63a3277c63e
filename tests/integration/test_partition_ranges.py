"""Daemons that share a topic by fixed partition ranges: together they say what one that counts everything says."""

import contextlib
import json

import pytest

from support.processes import run, wait_until
from support.product import World, generate

EVENTS = 20_000
TOPIC = "ranges"
PARTITIONS = 4
WORDS = [
    ("--by", "agency,jurisdiction,class,channel,outcome,verdict", "--rollup"),
    ("--by", "ori,day", "--agency", "dhs"),
    ("--by", "month", "--zone", "America/Chicago"),
    ("--unit", "messages", "--by", "agency,class"),
]


def ranged(folder, bin_dir, broker, partitions):
    world = World(folder, bin_dir, brokers=broker.bootstrap, topic=TOPIC)
    text = world.config.read_text().replace('kind = "kafka"\n', f'kind = "kafka"\npartitions = "{partitions}"\n', 1)
    world.config.write_text(text)
    return world


@pytest.fixture(scope="module")
def worlds(tmp_path_factory, bin_dir, broker):
    """Two daemons that run, and the state of one that counted everything."""
    generate(bin_dir, "--events", EVENTS, "--seed", 11, "--to-kafka", broker.bootstrap, TOPIC, PARTITIONS)
    folder = tmp_path_factory.mktemp("ranges")
    whole = ranged(folder / "whole", bin_dir, broker, "all")
    whole.replay()
    halves = [ranged(folder / name, bin_dir, broker, name) for name in ("0-1", "2-3")]
    per_partition = {p["partition"]: p["consumed"] for p in whole.completeness()["partitions"]}
    with contextlib.ExitStack() as stack:
        for first, half in zip((0, 2), halves):
            daemon = stack.enter_context(half.daemon())
            half.wait_consumed(daemon, per_partition[first] + per_partition[first + 1])
            # The end of the log is known a moment after its last record.
            span = "/api/v1/report?from=2025-01-01&to=2025-08-01"
            wait_until(lambda half=half: half.ask(span)["complete"], 20, "the end of the log to be known")
        yield whole, halves


def urls(worlds):
    return [word for world in worlds for word in ("--url", world.listen)]


def report(world, *words, status=0):
    return json.loads(world.cli("report", *words, "--format", "json", status=status))


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words[1])
@pytest.mark.parametrize("span", [("--from", "2025-01-01", "--to", "2025-08-01"), ("--last", "30d"), ("--last", "7d")])
def test_reports_over_both_daemons_are_those_of_one_that_counts_everything(worlds, span, words):
    whole, halves = worlds
    wanted = report(whole, "--state-dir", whole.state, *span, *words)
    assert wanted["rows"], "a report that can show a difference"
    got = report(whole, *urls(halves), *span, *words)
    assert got["as_of"] == wanted["as_of"]
    assert got["complete"] and got["gaps"] == wanted["gaps"]
    assert got == wanted


def test_one_daemon_alone_is_less_than_both(worlds):
    whole, halves = worlds
    words = ("--from", "2025-01-01", "--to", "2025-08-01")
    parts = [report(whole, "--url", half.listen, *words)["totals"]["requests"] for half in halves]
    assert sum(parts) == report(whole, "--state-dir", whole.state, *words)["totals"]["requests"]
    assert all(parts)


def test_completeness_over_both_daemons_is_that_of_all_partitions(worlds):
    whole, halves = worlds
    got = json.loads(whole.cli("completeness", *urls(halves[::-1]), "--format", "json"))
    assert [p["partition"] for p in got["partitions"]] == [0, 1, 2, 3]
    wanted = whole.completeness()["partitions"]
    for name in ("consumed", "counted", "duplicate", "rejected", "out_of_scope", "by_reason", "quality", "ranges"):
        assert [p[name] for p in got["partitions"]] == [p[name] for p in wanted], name


def test_last_with_now_ends_for_both_with_the_wall_clock(worlds):
    whole, halves = worlds
    got = report(whole, *urls(halves), "--last", "24h", "--now")
    assert got["totals"]["requests"] == 0 and got["to"] > got["as_of"]["event_time_max"]
    single = report(whole, "--url", halves[0].listen, "--last", "24h", "--now")
    assert single["to"] >= got["to"]
    status, body = halves[0].get("/api/v1/report?last=24h&now=maybe")
    assert status == 400 and "now is true or false" in body
    status, body = halves[0].get("/api/v1/report?from=2025-01-01&to=2025-01-02&now=true")
    assert status == 422 and "--now goes with --last" in body


def refused(world, *words):
    done = run([world.bin_dir / "blockwatch", *map(str, words)], status=64)
    return done.stderr


def test_what_cannot_be_summed_is_refused_by_url(worlds, tmp_path, bin_dir, broker):
    whole, halves = worlds
    span = ("--from", "2025-01-01", "--to", "2025-01-02")
    twice = refused(whole, "report", *urls([halves[0], *halves]), *span)
    assert f"both count {TOPIC}/0" in twice and halves[0].listen in twice
    other_policy = tmp_path / "policy.toml"
    other_policy.write_text(whole.policy.read_text() + "# another version\n")
    other = ranged(tmp_path / "other", bin_dir, broker, "2-3")
    other.config.write_text(other.config.read_text().replace(str(whole.policy), str(other_policy)))
    with other.daemon() as daemon:
        other.wait_consumed(daemon, 1)
        text = refused(whole, "report", *urls([halves[0], other]), *span)
        assert "policies cannot be summed" in text and other.listen in text
    text = refused(whole, "report", *urls(halves), "--from", "2025-01-01T00:00:30Z", "--to", "2025-01-02")
    assert halves[0].listen in text and "no bucket begins at" in text


def test_a_range_that_the_topic_lacks_is_named(tmp_path, bin_dir, broker, worlds):
    world = ranged(tmp_path, bin_dir, broker, "2-4")
    done = run([bin_dir / "blockwatchd", "--config", world.config], status=75, seconds=30)
    assert f"topic {TOPIC} has 4 partitions (0-3); source.partitions asks for 2-4" in done.stderr


def test_a_state_keeps_its_range(bin_dir, broker, worlds):
    whole, _ = worlds
    text = whole.config.read_text()
    whole.config.write_text(text.replace('partitions = "all"', 'partitions = "0-2"'))
    try:
        done = run([bin_dir / "blockwatchd", "--config", whole.config], status=78, seconds=30)
    finally:
        whole.config.write_text(text)
    assert f"has counted partition 3 of topic {TOPIC}, and source.partitions is 0-2" in done.stderr
