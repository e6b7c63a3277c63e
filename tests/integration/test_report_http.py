"""What the daemon says over HTTP is what the command line says of its state: byte for byte."""

import json
import re

import pytest

from support.kafka_client import produce_ndjson
from support.processes import free_port, run, wait_until
from support.product import World, generate, new_topic

EVENTS = 20_000
SPAN = ("2025-01-01", "2025-08-01")
REPORTS = [
    {},
    {"by": "agency,jurisdiction,class,channel,outcome,verdict,day"},
    {"by": "ori,day", "agency": "ice"},
    {"by": "month", "exclude": "dhs", "jurisdiction": "IL"},
    {"by": "agency,class,day", "unit": "messages"},
    {"by": "day", "rollup": "true", "zone": "America/Chicago"},
]


def as_words(parameters):
    words = []
    for name, value in parameters.items():
        words += [f"--{name}"] if name == "rollup" else [f"--{name}", value]
    return words


def as_query(parameters):
    return "&".join(f"{name}={value.replace(',', '%2C')}" for name, value in parameters.items())


@pytest.fixture(scope="module")
def topic(bin_dir, broker):
    generate(bin_dir, "--events", EVENTS, "--seed", 7, "--to-kafka", broker.bootstrap, "http", 3)
    return "http"


@pytest.fixture(params=["loopback", "unix socket"])
def world(request, tmp_path, bin_dir, broker, topic):
    listen = f"127.0.0.1:{free_port()}" if request.param == "loopback" else None
    return World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=topic, listen=listen)


def url_of(world):
    return world.listen if world.listen.startswith("unix:") else f"http://{world.listen}"


def test_reports_and_listings_of_a_running_daemon_equal_those_of_its_state_byte_for_byte(world):
    span = {"from": SPAN[0], "to": SPAN[1]}
    said, printed = {}, {}
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)
        world.wait_all_closed(daemon)
        for parameters in REPORTS:
            query = as_query({**span, **parameters})
            status, said[query] = world.get(f"/api/v1/report?{query}")
            assert status == 200, said[query]
            words = as_words({**span, **parameters})
            printed[query] = world.cli("report", "--url", url_of(world), *words, "--format", "json")
        listings = {}
        for name, command in (("completeness", ["completeness"]), ("incidents", ["alerts", "list"]), ("rejects", ["rejects"])):
            status, body = world.get(f"/api/v1/{name}")
            assert status == 200
            listings[name] = body, world.cli(*command, "--url", url_of(world), "--format", "json"), command
        assert daemon.terminate(10) == 0

    for parameters in REPORTS:
        query = as_query({**span, **parameters})
        words = as_words({**span, **parameters})
        of_state = world.cli("report", "--state-dir", world.state, *words, "--format", "json")
        assert json.loads(of_state)["rows"], f"{query}: a comparison of nothing"
        # The daemon stands at the end of its log, where its clock is the wall clock: that alone may differ.
        for name, text in (("HTTP", said[query]), ("the command line over HTTP", printed[query])):
            assert without_finality(text) == without_finality(of_state), f"{name}: {query}"
    for name, (body, over_http, command) in listings.items():
        of_state = world.cli(*command, "--state-dir", world.state, "--format", "json")
        assert body.rstrip("\n") == of_state.rstrip("\n"), name
        assert over_http.rstrip("\n") == of_state.rstrip("\n"), name


def without_finality(text):
    """The bytes but for the marks, and their reasons, that depend on whether a daemon stands at its log's end."""
    text, found = re.subn(r'"complete":(true|false),"final":(true|false),"gaps":\[[^\]]*\]', "", text.rstrip("\n"))
    assert found == 1
    return text


def test_rejects_of_many_pages_are_the_ones_of_the_state(tmp_path, bin_dir, broker):
    topic = new_topic(broker.bootstrap, "http.rejects", 2)
    produce_ndjson(broker.bootstrap, topic, ((n % 2, b"", b"no JSON", None) for n in range(2_500)))
    world = World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=topic)
    with world.daemon() as daemon:
        world.wait_consumed(daemon, 2_500)
        page = world.ask("/api/v1/rejects")
        assert len(page["rejects"]) == 1_000 and page["next"] == "0/999"
        assert len(world.ask("/api/v1/rejects?partition=1&after=1/1200")["rejects"]) == 49
        assert world.get("/api/v1/rejects?reason=unheard")[0] == 422
        over_http = world.cli("rejects", "--url", url_of(world), "--format", "json")
        screen = world.cli("status", "--url", url_of(world)).splitlines()
        assert daemon.terminate(10) == 0
    of_state = world.cli("rejects", "--state-dir", world.state, "--format", "json")
    assert len(json.loads(of_state)["rejects"]) == 2_500
    assert over_http == of_state
    assert len(screen) <= 24 and max(map(len, screen)) <= 80
    assert any("2500 records of 2500 rejected" in line for line in screen)


def test_a_span_that_buckets_cannot_tile_is_422_and_names_the_nearest_that_can(world):
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)
        status, body = world.get("/api/v1/report?from=2025-05-21T00:00:30Z&to=2025-05-22")
        assert status == 422
        assert "2025-05-21T00:00:00Z" in body, body
        assert daemon.terminate(10) == 0
    words = ["report", "--state-dir", world.state, "--from", "2025-05-21T00:00:30Z", "--to", "2025-05-22"]
    done = run([world.bin_dir / "blockwatch", *words], status=64)
    assert "2025-05-21T00:00:00Z" in done.stderr


def test_metrics_carry_the_names_of_the_contract(world):
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)
        status, text = world.get("/metrics")
        assert daemon.terminate(10) == 0
    assert status == 200
    figures = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            figures[name] = float(value)
    consumed = [v for k, v in figures.items() if k.startswith('blockwatch_records_consumed_total{')]
    assert sum(consumed) == EVENTS and len(consumed) == 3
    for name in (
        "blockwatch_records_rejected_total{reason=",
        "blockwatch_observations_total{verdict=",
        "blockwatch_lag_records{",
        "blockwatch_commit_seconds_bucket{",
        "blockwatch_commit_seconds_count",
        "blockwatch_partition_progress_timestamp_seconds{",
        "blockwatch_build_info{",
    ):
        assert any(k.startswith(name) for k in figures), f"{name} is missing in\n{text}"
    assert figures["blockwatch_commit_seconds_count"] > 0


def test_health_and_readiness_tell_a_daemon_that_counts_from_one_that_waits_for_its_broker(tmp_path, bin_dir, world):
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)
        assert world.get("/healthz")[0] == 200
        wait_until(lambda: world.get("/readyz")[0] == 200, 10, "readiness")
        assert world.ask("/api/v1/status")
        assert daemon.terminate(10) == 0
    lonely = World(tmp_path / "lonely", bin_dir, brokers=f"127.0.0.1:{free_port()}")
    with lonely.daemon() as daemon:
        wait_until(lambda: lonely.socket.exists() and lonely.get("/healthz")[0] == 200, 20, "health")
        assert lonely.get("/readyz")[0] == 503
        assert daemon.terminate(10) == 0


def test_a_second_daemon_on_the_same_state_is_refused_and_names_the_holders_pid(world):
    with world.daemon() as daemon:
        world.wait_consumed(daemon, EVENTS)
        other = World(world.folder / "second", world.bin_dir, brokers=world.brokers, topic=world.topic)
        other.config.write_text(other.config.read_text().replace(str(other.state), str(world.state)))
        with other.daemon() as second:
            assert second.wait(20) in (65, 75)
            assert str(daemon.pid) in second.stderr(), second.stderr()
        # Nor does the command line open it, which would be undefined beside a writer.
        done = run([world.bin_dir / "blockwatch", "completeness", "--state-dir", world.state], status=None)
        assert done.returncode != 0 and str(daemon.pid) in done.stderr
        assert daemon.running()
        assert daemon.terminate(10) == 0
