"""Nothing personal is kept: canaries stand in every personal, unknown or rejected field of the input, and appear in no
byte of the state directory, the log, the alert topic, HTTP answers or what commands print."""

import base64
import itertools
import json
import pathlib

import pytest

from support.kafka_client import consume_all, produce_ndjson
from support.product import World, generate, new_topic, wait_settled

TOPIC = "privacy"
PARTITIONS = 2
NOW_MS = 1_747_746_000_000  # 2025-05-20T13:00:00Z
# What a deployment does keep, and which must therefore be found where the canaries are looked for: else the search
# itself would be broken.
KEPT_ORI = "TXQZJ7701"
KEPT_POLICY = "il-ice"


SERIAL = itertools.count()


class Canaries:
    """One unmistakable text for each place where one can stand, the same wherever that place occurs."""

    def __init__(self, rng):
        self._rng, self._texts = rng, {}

    def make(self, where, length=16):
        if where not in self._texts:
            self._texts[where] = "".join(self._rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(length))
        return self._texts[where]

    def found_in(self, data: bytes):
        """Which of them a byte string holds: as they stand, in other case, in UTF-16, in base64 or hex, or in part."""
        lowered = data.lower()
        for where, text in self._texts.items():
            for form in forms(text):
                if form.lower() in lowered:
                    yield f"{where} ({text} as {form!r})"


def forms(text):
    raw = text.encode()
    yield raw
    # A compressed block may hold the middle of a text only.
    if len(text) >= 16:
        yield raw[:8]
        yield raw[4:12]
        yield raw[8:]
    yield text.encode("utf-16-le")
    yield raw.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        yield encoded[4 if shift else 0 : len(encoded) - 1]


def event(canary, number, **fields):
    base = {
        "id": f"{canary.make('id')}-{next(SERIAL)}",
        "time": f"2025-05-20T12:{number % 60:02}:00Z",
        "message_key": "DQ/" + canary.make("key part", 8),
        "origin": {"ori": "VTICE0900", "line": "AX", "user": canary.make("origin.user"),
                   canary.make("unknown name in origin"): 1},
        "destinations": ["IL"],
        "channel": "nlets",
        "reason": "F",
        "attention": canary.make("attention"),
        "control_field": canary.make("control_field"),
        "subject": {name: canary.make(f"subject.{name}") for name in ("name", "dob", "oln", "plate", "vin", "ssn")},
        "outcome": "answered",
        "results": [{"destination": "IL", "outcome": "answered", "note": canary.make("unknown field of a result")}],
        canary.make("unknown name"): {"deep": [canary.make("unknown text"), {canary.make("unknown name at depth"): 1}]},
        "officer": canary.make("unknown field"),
    }  # fmt: skip
    base.update(fields)
    return base


def counted(canary):
    """Events that are counted, raise every alert, and carry garbage wherever garbage is tolerated."""
    for number in range(30):
        outcome = ("answered", "no_record", "rejected", "error", "unknown")[number % 5]
        yield event(canary, number, outcome=outcome, results=[])
        yield event(canary, number)
        yield event(canary, number, origin={"ori": KEPT_ORI, "user": canary.make("origin.user")})
        yield event(canary, number, destinations=["IL", canary.make("unusable destination")])
        yield event(canary, number, results=[{"destination": canary.make("unusable results destination"), "outcome": "error"}])
        yield event(canary, number, message_key="AM", destinations=["NY"])
        yield event(canary, number, origin={"ori": "CAICEOLD0", "user": canary.make("origin.user")})
        yield event(canary, number, message_key="DR/" + canary.make("key part", 8))


def payloads(canary):
    """(payload, how often it stands there) with canaries in everything, rejects of every reason among them."""
    texts = [json.dumps(e).encode() for e in counted(canary)]
    yield from texts
    yield texts[0]  # a duplicate

    def bad(**fields):
        return json.dumps(event(canary, 1, **fields)).encode()

    yield bad(padding="x" * 65_536)  # too_large
    yield bad().replace(b'"officer": "', b'"officer": "\xc3\x28')  # bad_utf8
    yield bad().replace(b'"officer": "', b'"officer": "\\ud800')
    yield bad()[:-1]  # not_json
    yield bad().replace(b'"officer": "', b'"officer": ' + canary.make("bare word").encode() + b', "x": "')
    yield canary.make("no JSON at all").encode()
    yield bad() + canary.make("trailing bytes").encode()
    yield b"[" + bad() + b"]"  # bad_value
    yield bad(channel=canary.make("bad channel") + " " + canary.make("bad channel"))
    yield bad(outcome=canary.make("bad outcome"))
    yield bad(purpose=canary.make("bad purpose"))
    yield bad(message_key=canary.make("bad message key"))
    yield bad(id=canary.make("long id") * 9)
    yield bad(origin={"ori": "VTICE0900", "line": canary.make("bad line")})
    yield bad()[:-1] + b', "officer": "' + canary.make("duplicate field").encode() + b'"}'
    yield bad(time=None)  # missing_field
    yield bad(time=canary.make("bad time"))
    yield bad(time="2035-01-01T00:00:00Z")  # future_time
    yield bad(time="2005-01-01T00:00:00Z")  # before_retention
    yield bad(origin={"ori": canary.make("bad ORI"), "user": canary.make("origin.user")})
    yield bad(destinations=["IL"] * 65)  # too_many_destinations
    yield bad(destinations=[canary.make("only destination")])  # bad_destination


REASONS = {
    "too_large", "bad_utf8", "not_json", "trailing_bytes", "bad_value", "duplicate_field", "missing_field", "bad_time",
    "future_time", "before_retention", "bad_ori", "too_many_destinations", "bad_destination",
}  # fmt: skip


def bytes_of_folder(folder: pathlib.Path):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"file {path.relative_to(folder)}", path.read_bytes()


def http_answers(world):
    for resource in (
        "/metrics",
        "/healthz",
        "/api/v1/status",
        "/api/v1/completeness",
        "/api/v1/incidents",
        "/api/v1/rejects",
        "/api/v1/report?from=2025-05-20&to=2025-05-21&by=agency,jurisdiction,class,channel,outcome,verdict,ori",
    ):
        status, body = world.get(resource)
        assert status == 200, f"{resource}: {status}"
        yield f"GET {resource}", body.encode()


def command_outputs(world):
    incidents = world.incidents()
    span = ["--from", "2025-05-20", "--to", "2025-05-21"]
    by = ["--by", "agency,jurisdiction,class,channel,outcome,verdict,ori"]
    for words in (["report", *span], ["report", *span, *by], ["completeness"], ["alerts", "list"], ["rejects"], ["status"]):
        for form in ("table", "csv", "json"):
            yield " ".join(words), world.cli(*words, "--state-dir", world.state, "--format", form).encode()
    for incident in incidents:
        shown = world.cli("alerts", "show", incident["incident"], "--state-dir", world.state)
        yield f"alerts show {incident['kind']}", shown.encode()


def assert_nothing_found(canary, seen):
    found = [f"{name}: {what}" for name, data in seen.items() for what in canary.found_in(data)]
    assert not found, "\n".join(found[:20])


@pytest.fixture(scope="module")
def bin_and_broker(bin_dir, broker):
    return bin_dir, broker.bootstrap


def test_no_canary_is_in_state_logs_alerts_answers_or_output(tmp_path, bin_and_broker, rng):
    bin_dir, brokers = bin_and_broker
    canary = Canaries(rng)
    records = list(payloads(canary))
    assert not any(b"\n" in r for r in records)
    topic = new_topic(brokers, TOPIC, PARTITIONS)
    key = canary.make("record key").encode()
    produce_ndjson(brokers, topic, ((n % PARTITIONS, key, r, NOW_MS) for n, r in enumerate(records)))
    produce_ndjson(brokers, topic, [(0, canary.make("key of a tombstone").encode(), None, NOW_MS)])
    world = World(
        tmp_path / "world", bin_dir, brokers=brokers, topic=topic, alerts=new_topic(brokers, "privacy.alerts"),
        more='[[output]]\nname = "alerts-log"\nkind = "log"\n[log]\nlevel = "debug"\n',
    )  # fmt: skip
    seen = {}
    with world.daemon() as daemon:
        wait_settled(world, daemon, len(records) + 1)
        seen.update(http_answers(world))
        # While it runs, so that the write-ahead log is there, which is not compressed.
        seen.update((f"running: {name}", data) for name, data in bytes_of_folder(world.folder))
        assert daemon.terminate(10) == 0
    seen.update(bytes_of_folder(world.folder))
    seen.update(command_outputs(world))
    for n, record in enumerate(consume_all(brokers, world.alerts)):
        seen[f"alert {n}"] = record.value + (record.key or b"")

    # The input did what it was made for ...
    partitions = world.completeness()["partitions"]
    assert {reason for p in partitions for reason in p["by_reason"]} == REASONS
    assert sum(p["duplicate"] for p in partitions) >= 1
    assert {"block_leak", "blocked_query", "blocked_attempt", "unknown_ori", "inactive_ori"} <= {
        i["kind"] for i in world.incidents()
    }
    # ... what may be kept is found where the canaries are looked for ...
    state = b"".join(data for name, data in seen.items() if name.startswith("running: file state/"))
    assert KEPT_ORI.encode() in state and KEPT_POLICY.encode() in state
    for part in ("running: file daemon.log", "alert 0", "alerts show block_leak", "GET /api/v1/incidents"):
        assert KEPT_POLICY.encode() in seen[part] or b"unknown_ori" in seen[part], part
    # ... and none of them is.
    assert_nothing_found(canary, seen)


def test_a_replay_of_files_keeps_no_canary_either(tmp_path, bin_and_broker, rng):
    bin_dir, _ = bin_and_broker
    canary = Canaries(rng)
    file = tmp_path / "input.ndjson"
    records = list(payloads(canary))
    file.write_bytes(b"\n".join(records) + b"\n")
    world = World(tmp_path / "world", bin_dir)
    as_of = ["--as-of", "2025-05-20T13:00:00Z"]
    printed = world.replay("--input", file, *as_of)
    seen = {"replay": printed.encode(), **dict(bytes_of_folder(world.folder))}
    fates = set()
    # One of each event that is counted, and every reject.
    for line in [*range(1, 9), *range(len(records) - 22, len(records) + 1)]:
        words = ["explain", "--config", world.config, "--event", file, "--line", line, *as_of]
        said = world.cli(*words, "--format", "json" if line % 2 else "text")
        seen[f"explain line {line}"] = said.encode()
        fates |= {reason for reason in REASONS if reason in said}
    assert fates == REASONS
    assert KEPT_POLICY.encode() in b"".join(seen.values())
    assert_nothing_found(canary, seen)


def test_the_generator_plants_personal_looking_data_for_others_to_search(bin_dir, tmp_path):
    """The demo's own data would give itself away: names that must not be in the state of what counted them."""
    generate(bin_dir, "--events", 2_000, "--seed", 3, "--partitions", 1, "--out", tmp_path / "data")
    text = (tmp_path / "data/p0.ndjson").read_bytes()
    names = [b"ABERNATHY", b"CASTELLANOS", b"PELLETIER", b"t.nguyen"]
    assert all(name in text for name in names)
    world = World(tmp_path / "world", bin_dir)
    world.replay("--input", tmp_path / "data/p0.ndjson", "--as-of", "2025-07-01")
    for where, data in bytes_of_folder(world.folder):
        assert not [name for name in names if name.lower() in data.lower()], where
