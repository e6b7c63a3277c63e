"""Three thousand nasty payloads: byte-level mutations of valid events, truncations, odd Unicode, numbers, depth, times,
destinations. Each one's fate is the oracle's."""

import json
import pathlib
import random
import sys

import pytest

from oracle.oracle import Oracle
from support.product import World, assert_same

AS_OF = "2025-06-01T00:00:00Z"
GROUPS, GROUP_SIZE = 400, 8

VALID = {
    "id": "n-1", "time": "2025-05-20T12:00:00.25-05:00", "message_key": "DQ/IMQ/Y",
    "origin": {"ori": "VTICE0900", "line": "AX", "user": "u"}, "destinations": ["IL", "R1", "NY", "ILPD00100"],
    "channel": "nlets", "purpose": "C", "reason": "F", "image_requested": True, "attention": "a", "control_field": "1",
    "subject": {"name": "x"}, "outcome": "answered", "results": [{"destination": "NY", "outcome": "rejected"}],
}  # fmt: skip

TIMES = [
    "2025-05-20T12:00Z", "2025-05-20t12:00z", "2025-05-20T12:00:00.123456789012Z", "2025-05-20T12:00:00.Z",
    "2025-05-20T12:00:00+14:00", "2025-05-20T12:00:00-23:59", "2025-05-20T12:00:00+24:00", "2025-05-20T12:00:00-00:60",
    "2025-04-30T23:59:60Z", "2025-04-30T18:59:60-05:00", "2025-04-29T23:59:60Z", "2025-04-30T23:58:60Z",
    "2025-05-20T24:00:00Z", "2025-05-20T12:60:00Z", "2025-05-20T12:00:61Z", "2025-02-29T12:00:00Z", "2024-02-29T12:00:00Z",
    "2100-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "0000-02-29T00:00:00Z", "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "2025-06-01T00:05:00Z", "2025-06-01T00:05:00.000000001Z",
    "2025-06-01T00:05:00.0000000001Z", "2015-06-01T00:00:00Z", "2015-05-31T23:59:59.999999999Z", "2015-05-31T23:59:59Z",
    "2015-05-31T00:00:00Z", "1969-12-31T23:59:59Z", "2262-04-12T00:00:00Z", "1677-09-21T00:00:00Z", "1600-01-01T00:00:00Z",
    "2025-5-20T12:00:00Z", "2025-05-20 12:00:00Z", "2025-05-20T12:00:00", " 2025-05-20T12:00:00Z", "2025-05-20T12:00:00Z ",
    "2025-05-20T12:00:00Z\n", "+2025-05-20T12:00:00Z", "２025-05-20T12:00:00Z", "2025-05-20T12:00:00\u2212" "05:00", "",
    "2025-W21-2T12:00:00Z", "2025-05-20T12:00:00,5Z", "2025-05-20T12Z", "20250520T120000Z", "2025-00-20T12:00:00Z",
    "2025-05-00T12:00:00Z", "2025-05-32T12:00:00Z", "2025-05-20T12:00:00.5+0500", "2025-05-20T12:00:00 +05:00",
]  # fmt: skip
ORIS = [
    "vtice0900", " VTICE0900 ", "VTICE090O", "VTICE09OO", "VTICE090", "VTICE09000", "", "VTICE-900", "\tVTICE0900",
    "VTICE0900\u00a0", "VT\u0130CE0900", "vt\u0131ce0900", "ſTICE0900", "TXHSIOLD0", "ZZZZZZZZZ", "DCTECS001", "NBPD00100",
    "VTINS07S0", "000000000", "         ", "VTICE\u00000900",
]  # fmt: skip
DESTINATIONS = [
    [], ["il"], [" IL "], ["NL"], ["nl", "IL", "IL"], ["ZZ"], ["00"], ["R1"], ["I"], ["ILL"], ["ILLI"], ["ILLIN"], ["NBPD00100"],
    ["ZZPD00100"], ["VTICE0900"], ["IL", ""], ["", " "], ["\u0131l"], ["IL\u00a0"], [" "], ["IL\t"], ["AX"], ["ON"], ["IL"] * 64,
    ["IL"] * 65, ["bad"] * 65, ["IL", None], [None], ["IL", 5], ["IL", ["NY"]], ["IL", True], ["IL", "x" * 5000], ["PR", "GU", "VI"],
    "IL", None, {}, 0,
]  # fmt: skip
KEYS = [
    "dq", "DQ/", "/DQ", "DQ//IMQ", "DQ/imq/y", "DQ/IMQX", "ABCDEFGH", "ABCDEFGHI", "DQ/ABCDEFGHI", " DQ", "DQ ", "", "D Q",
    "KQ/IMQ", "RQ", "IQ", "AM", "DR", "ER", "SM", "DR/X", "dr", "NLQ", "\u0131aq", "DQ/IMQ/Y/Z/1/2/3/4/5/6/7/8/9", "RPQ", "DQ\u0000",
]  # fmt: skip
OUTCOMES = ["answered", "ANSWERED", "", "none", "unknown", "no_record", "rejected", "error", None, 1, True, []]
RESULTS = [
    [], None, {}, "x", [None], [{}], [{"destination": "NY"}], [{"destination": "NY", "outcome": "bad"}], [["NY", "error"]],
    [{"destination": None, "outcome": "error"}], [{"destination": "NY", "outcome": None}], [{"destination": 5, "outcome": "error"}],
    [{"destination": "", "outcome": "error"}], [{"destination": "TX", "outcome": "error"}], [{"destination": "NL", "outcome": "error"}],
    [{"destination": "ny ", "outcome": "error"}, {"destination": "NYPD00100", "outcome": "answered"}],
    [{"destination": "R1", "outcome": "error"}, {"destination": "NL", "outcome": "answered"}],
    [{"destination": "NY", "outcome": "error", "x": 1}] * 100,
]  # fmt: skip
SHORT_TEXTS = ["", "a", "ab", "abc", "C1", " C", "é", "ı", "ſ", None, 5, True, [], {}]
CHANNELS = ["NLETS", "nlets.x-1_2", "a b", "", "x" * 32, "x" * 33, "İ", "K", None, 5, {}]
BOOLEANS = [True, False, None, 0, 1, "true", [], {}]
IDS = ["", "x" * 128, "x" * 129, "é" * 64, "é" * 65, "\u0000", "\U0001f600" * 32, "\U0001f600" * 33, None, 5, [], "\ud83d\ude00"]
RAW_MEMBERS = [
    '"x":1e308', '"x":1e309', '"x":-1e309', '"x":1e-400', '"x":18446744073709551615', '"x":18446744073709551616',
    '"x":-9223372036854775808', '"x":-9223372036854775809', '"x":01', '"x":-0', '"x":-', '"x":+1', '"x":.5', '"x":1.', '"x":1e',
    '"x":0x1', '"x":NaN', '"x":Infinity', '"x":-Infinity', '"x":tru', '"x":True', '"x":nul', '"x":"\\q"', '"x":"\\u12"',
    '"x":"\\u00zz"', '"x":"\\ud800"', '"x":"\\ud800\\ud800"', '"x":"\\udc00"', '"x":"\\ud83d\\ude00"', '"x":"\\ud800\\u0041"',
    '"x":"\\\\ud800"', '"x":"a\tb"', '"x":"a\u0001b"', '"x":"\\u0000"', '"x":"\u007f\u0080"', '"x":"\ufeff"', "'x':1", "x:1",
    '"x":1,"x":2', '"\\u0078":1,"x":2', '"x":{"a":1,"a":2}', '"x":[{"a":1},{"a":1}]', '"x":{"a":{"b":1,"\\u0062":2}}', '"":1,"":2',
    '"id":"again"', '"\\u0069d":"again"', '"ID":"other"', '"x":[' + "1," * 50 + "1]", '"x":' + "[" * 62 + "]" * 62,
    '"x":' + "[" * 63 + "]" * 63, '"x":' + "[" * 64 + "]" * 64, '"x":' + '{"a":' * 62 + "1" + "}" * 62,
    '"x":' + '{"a":' * 63 + "1" + "}" * 63, '"x":' + '{"a":' * 64 + "1" + "}" * 64, '"x":"' + "[" * 100 + '"', '"x":/*c*/1',
    '"x":1//c', '"x":1.0000000000000000000000000000000000000000001', '"x":123456789012345678901234567890.5',
    '"x":1e+5', '"x":1E-5', '"x":[1,]', '"x":[,1]', '"x":{,}', '"x":{"a"}', '"x":{"a":}', '"x":[1 2]', '"x"', '"x":', ":1", "",
]  # fmt: skip


def dump(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_field(name, value, counter):
    event = {**VALID, "id": f"n-{counter}"}
    if name == "ori":
        event["origin"] = {**VALID["origin"], "ori": value}
    elif name == "line":
        event["origin"] = {**VALID["origin"], "line": value}
    else:
        event[name] = value
    return dump(event)


def table_payloads():
    """Every value of every table in its field, and the raw members in an otherwise valid event."""
    tables = {
        "time": TIMES, "ori": ORIS, "destinations": DESTINATIONS, "message_key": KEYS, "outcome": OUTCOMES, "results": RESULTS,
        "purpose": SHORT_TEXTS, "reason": SHORT_TEXTS, "line": [*SHORT_TEXTS, "ABCD", "ABCDE"], "channel": CHANNELS,
        "image_requested": BOOLEANS, "id": IDS,
    }  # fmt: skip
    counter = 0
    for name, values in tables.items():
        for value in [*values, 5, None, [], {}, "", True]:
            counter += 1
            yield with_field(name, value, counter)
    for member in RAW_MEMBERS:
        counter += 1
        text = dump({**VALID, "id": f"n-{counter}"}).decode()
        yield (text[:-1] + "," + member + "}").encode()
        yield ("{" + member + "," + text[1:]).encode()
    for name in VALID:
        yield dump({k: v for k, v in VALID.items() if k != name})
        yield dump({**VALID, name: None})
    yield dump({**VALID, "origin": {"line": "AX"}})
    yield dump({**VALID, "origin": {"ori": None}})
    for text in (b"", b" ", b"null", b"1", b'"x"', b"[]", b"{}", b"{", b"}", b"[", b"\xef\xbb\xbf{}", b"{}{}", b"{} x", b"{},",
                 b"\x00", b"{}\x00", b"nul", b"-", b"tru", b"\r", b"{}\r", b"\t{}\t", b"\x0b{}", b"\xc2\xa0{}"):  # fmt: skip
        yield text
    big = dump(VALID)
    for size in (65_535, 65_536, 65_537, 70_000):
        yield big[:-1] + b',"p":"' + b"x" * (size - len(big) - 7) + b'"}'
    yield b"x" * 65_536
    yield b"\xff" * 65_537


def mutate(rng: random.Random, payload: bytes) -> bytes:
    data = bytearray(payload)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = bytes([rng.choice(b'{}[]",:\\ \t\r0123456789eE+-.nulltrfaseZT\x00\x7f\x80\xc3\xe2\xed\xf0\xff')])
        elif kind == 2:
            del data[at : at + rng.choice((1, 1, 2, 8))]
        elif kind == 3:
            del data[at:]
        elif kind == 4 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 5:
            other = rng.randrange(len(data) + 1)
            data[at:at] = data[min(at, other) : max(at, other)][:60]
        else:
            data[at:at] = rng.choice((b"\\u0041", b"\\ud83d", b"\\ude00", b"\\", b'"', b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                                      b"\xc0\x80", "é".encode(), "\u2028".encode(), b"/", b"IL", b"null"))  # fmt: skip
        if not data:
            return b""
    return bytes(data)


def all_payloads(rng):
    payloads = [p for p in table_payloads()]
    seeds = [dump({**VALID, "id": f"m-{n}"}) for n in range(40)]
    seeds += [json.dumps(VALID, indent=1).replace("\n", "\r").encode(), dump(VALID).replace(b'"id"', b'"\\u0069d"')]
    while len(payloads) < GROUPS * GROUP_SIZE:
        payloads.append(mutate(rng, rng.choice(seeds)))
    payloads = [p.replace(b"\n", b"\x0b") for p in payloads]  # one line each
    rng.shuffle(payloads)
    return payloads[: GROUPS * GROUP_SIZE]


def write_groups(folder: pathlib.Path, payloads, size):
    folder.mkdir(parents=True)
    files = []
    for start in range(0, len(payloads), size):
        files.append(folder / f"p{start // size}.ndjson")
        files[-1].write_bytes(b"".join(p + b"\n" for p in payloads[start : start + size]))
    return files


def both(folder: pathlib.Path, bin_dir, payloads, size):
    """Completeness by partition: the product's, the oracle's."""
    files = write_groups(folder / "data", payloads, size)
    world = World(folder / "world", bin_dir)
    world.replay("--as-of", AS_OF, *[word for f in files for word in ("--input", f)])
    oracle = Oracle(world.policy, world.agencies, world.oris, AS_OF).run(str(folder / "data"))
    return world, oracle, world.completeness()["partitions"], oracle.completeness()["partitions"]


def fate(partition):
    return {k: v for k, v in partition.items() if k not in ("partition", "ranges")}


def test_every_nasty_payload_has_the_fate_that_the_oracle_gives_it(tmp_path, bin_dir, rng):
    payloads = all_payloads(rng)
    world, oracle, got, want = both(tmp_path / "groups", bin_dir, payloads, GROUP_SIZE)
    different = [n for n, (g, w) in enumerate(zip(got, want)) if fate(g) != fate(w)]
    if different:
        # Each payload of the groups that differ alone in its file, so that the fault has a name.
        suspects = [p for n in different[:20] for p in payloads[n * GROUP_SIZE : (n + 1) * GROUP_SIZE]]
        _, _, got, want = both(tmp_path / "single", bin_dir, suspects, 1)
        faults = [f"{p[:600]!r} ({len(p)} bytes)\n  product {fate(g)}\n  oracle  {fate(w)}"
                  for p, g, w in zip(suspects, got, want) if fate(g) != fate(w)]  # fmt: skip
        pytest.fail(f"{len(different)} groups differ; payloads:\n" + "\n".join(faults[:10]), pytrace=False)
    reasons = {reason for p in want for reason in p["by_reason"]}
    assert len(reasons) == 13, f"the payloads miss a reason: {reasons}"
    assert sum(p["counted"] for p in want) > 300 and sum(p["rejected"] for p in want) > 1000

    start, end = oracle.whole()
    by = ["agency", "jurisdiction", "class", "channel", "outcome", "verdict", "day"]
    words = ["--from", start, "--to", end, "--by", ",".join(by), "--format", "json"]
    rows = json.loads(world.cli("report", "--state-dir", world.state, *words))["rows"]
    assert_same("report", rows, oracle.report(by=by, start=start, end=end)["rows"])
    by = ["ori"]
    words = ["--from", start, "--to", end, "--by", "ori", "--format", "json"]
    rows = json.loads(world.cli("report", "--state-dir", world.state, *words))["rows"]
    assert_same("report by ori", rows, oracle.report(by=by, start=start, end=end)["rows"])
