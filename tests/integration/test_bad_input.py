"""Every kind of bad record: rejected with its reason, the stream goes on, and nothing of the payload is kept."""

import collections
import gzip
import json

import pytest

from integration.test_privacy import Canaries, assert_nothing_found, bytes_of_folder, command_outputs, http_answers
from support.kafka_client import consume_all, produce_ndjson
from support.product import World, new_topic, wait_settled

AS_OF = "2025-05-20T13:00:00Z"
NOW_MS = 1_747_746_000_000
MEGABYTES_10 = 10 * 1024 * 1024

EVENT = {
    "id": "b-1", "time": "2025-05-20T12:00:00Z", "message_key": "DQ", "origin": {"ori": "VTICE0900", "user": "u"},
    "destinations": ["IL"], "outcome": "answered",
}  # fmt: skip


class Kinds:
    """name -> (reason, payload). Each payload but the empty ones holds a canary of its own."""

    def __init__(self, canary: Canaries):
        self._canary = canary
        self.all = {}
        for make in (
            self.too_large, self.bad_utf8, self.not_json, self.trailing_bytes, self.bad_value, self.duplicate_field,
            self.missing_field, self.closer_reasons,
        ):  # fmt: skip
            make()

    def add(self, reason, name, payload):
        name = f"{reason}: {name}"
        assert name not in self.all and b"\n" not in payload
        self.all[name] = (reason, payload)

    def good(self, name, /, **fields) -> bytes:
        return json.dumps({**EVENT, "attention": self._canary.make(name), **fields}).encode()

    def with_member(self, reason, name, member: bytes):
        """An event that is good but for one more member."""
        self.add(reason, name, self.good(name)[:-1] + b"," + member + b"}")

    def with_fields(self, reason, name, /, **fields):
        self.add(reason, name, self.good(name, **fields))

    def too_large(self):
        size = len(self.good("one byte more"))
        self.with_fields("too_large", "one byte more", x="y" * (65_537 - size - len(b', "x": ""')))
        for name, filler in (("letters", b"x"), ("brackets", b"["), ("bytes that are no UTF-8", b"\xff"), ("blanks", b" ")):
            name = "10 MB of " + name
            good = self.good(name)
            self.add("too_large", name, good + filler * (MEGABYTES_10 - len(good)))
        self.with_fields("too_large", "10 MB in a field", x="y" * MEGABYTES_10)

    def bad_utf8(self):
        for name, raw in {
            "a byte FF": b"\xff", "a lone continuation": b"\x80", "a sequence cut off": b"\xe2\x82", "an overlong form": b"\xc0\xaf",
            "an overlong form of three": b"\xe0\x80\xaf", "an encoded surrogate": b"\xed\xa0\x80", "beyond U+10FFFF": b"\xf4\x90\x80\x80",
            "Latin-1": "Müller".encode("latin-1"), "a five-byte form": b"\xf8\x88\x80\x80\x80",
            "a lone high surrogate": b"\\ud800", "a lone low surrogate": b"\\udc00", "a pair in the wrong order": b"\\ude00\\ud83d",
            "a high surrogate before a letter": b"\\ud83dA", "two high surrogates": b"\\ud83d\\ud83d",
        }.items():  # fmt: skip
            self.with_member("bad_utf8", name, b'"x":"' + raw + b'"')
        self.with_member("bad_utf8", "a lone surrogate in a name", b'"\\ud800":1')
        self.with_member("bad_utf8", "a lone surrogate at depth", b'"x":[{"y":["\\udfff"]}]')
        self.add("bad_utf8", "outside quotes", b"\xc3\x28" + self.good("outside quotes"))
        self.add("bad_utf8", "UTF-16 with its mark", b"\xff\xfe" + self.good("UTF-16 with its mark").decode().encode("utf-16-le"))
        self.add("bad_utf8", "gzip", gzip.compress(self.good("gzip"), mtime=0).replace(b"\n", b"\x0b"))

    def not_json(self):
        self.add("not_json", "empty", b"")
        self.add("not_json", "blanks", b" \t\r ")
        self.add("not_json", "a NUL", b"\x00")
        for name, member in {
            "an unfinished name": b'"x', "a name without value": b'"x":', "a name without colon": b'"x" 1', "two commas": b',"x":1',
            "a trailing comma": b'"x":1,', "a trailing comma in a list": b'"x":[1,]', "a leading comma in a list": b'"x":[,1]',
            "no comma in a list": b'"x":[1 2]', "an object of a comma": b'"x":{,}', "brackets that do not match": b'"x":[1}',
            "single quotes": b"'x':1", "a bare name": b"x:1", "a number as name": b"1:1", "a comment": b'"x":/*y*/1',
            "a line comment": b'"x":1//y', "a bare word": b'"x":yes', "True": b'"x":True', "a literal cut off": b'"x":nul', "NaN": b'"x":NaN',
            "Infinity": b'"x":Infinity', "minus Infinity": b'"x":-Infinity', "a leading zero": b'"x":01', "a plus sign": b'"x":+1',
            "a lone minus": b'"x":-', "no digit before the point": b'"x":.5', "no digit after the point": b'"x":1.',
            "an exponent without digits": b'"x":1e', "a hexadecimal number": b'"x":0x1F', "an integer beyond 64 bits": b'"x":18446744073709551616',
            "a negative integer beyond 64 bits": b'"x":-9223372036854775809', "a number beyond a double": b'"x":1e309',
            "a negative number beyond a double": b'"x":-1e309', "a control character": b'"x":"\x01"', "a tab in a text": b'"x":"\t"',
            "a NUL in a text": b'"x":"\x00"', "an unknown escape": b'"x":"\\q"', "a short escape": b'"x":"\\u12"',
            "an escape that is no number": b'"x":"\\u00zz"', "a text never closed": b'"x":"y', "65 lists": b'"x":' + b"[" * 64 + b"]" * 64,
            "65 objects": b'"x":' + b'{"y":' * 64 + b"1" + b"}" * 64, "nested 10,000 deep": b'"x":' + b"[" * 10_000 + b"]" * 10_000,
            "objects nested 10,000 deep": b'"x":' + b'{"":' * 10_000 + b"1" + b"}" * 10_000, "10,000 brackets never closed": b'"x":' + b"[" * 10_000,
            "an error in an ignored list": b'"x":[[1,2],[3,04]]', "an error in an ignored object": b'"x":{"y":{"z":tru}}',
            "an error in an ignored text": b'"x":["a","\\x"]', "a vertical tab": b'\x0b"x":1', "a no-break space": b'\xc2\xa0"x":1',
        }.items():  # fmt: skip
            self.with_member("not_json", name, member)
        self.add("not_json", "cut off", self.good("cut off")[:-1])
        self.add("not_json", "a byte order mark", b"\xef\xbb\xbf" + self.good("a byte order mark"))
        self.add("not_json", "UTF-16", self.good("UTF-16").decode().encode("utf-16-be"))
        self.add("not_json", "a schema's magic byte", b"\x00\x00\x00\x00\x07" + self.good("a schema's magic byte"))
        self.add("not_json", "plain text", ("text " + self._canary.make("plain text")).encode())
        self.add("not_json", "XML", f"<query><name>{self._canary.make('XML')}</name></query>".encode())

    def trailing_bytes(self):
        for name, raw in {
            "another record": self.good("another record"), "a bracket": b"}", "a NUL": b"\x00", "a comma": b",", "a word": b" end",
            "a no-break space": b"\xc2\xa0", "no JSON": b'{"x":',
        }.items():  # fmt: skip
            self.add("trailing_bytes", name, self.good(name + " behind") + raw)

    def bad_value(self):
        for name, form in {"a list": b"[%s]", "a list of nothing else": b"[[%s]]"}.items():
            self.add("bad_value", name, form % self.good(name))
        self.add("bad_value", "a text", json.dumps(self._canary.make("a text")).encode())
        for name, raw in {"a number": b"17", "null": b"null", "true": b"true"}.items():
            self.add("bad_value", name, raw)
        for name, fields in {
            "an id that is a number": {"id": 7}, "an empty id": {"id": ""}, "an id of 129 bytes": {"id": "x" * 129},
            "a time that is a number": {"time": 1747746000}, "a blank in a key": {"message_key": "DQ "}, "an empty part of a key": {"message_key": "DQ//X"},
            "a key of nine": {"message_key": "ABCDEFGHI"}, "an origin that is a text": {"origin": "VTICE0900"}, "an ORI that is a list": {"origin": {"ori": ["VTICE0900"]}},
            "a line of five": {"origin": {"ori": "VTICE0900", "line": "ABCDE"}}, "a destination alone": {"destinations": "IL"},
            "null among destinations": {"destinations": ["IL", None]}, "a number among destinations": {"destinations": ["IL", 5]},
            "a blank in a channel": {"channel": "a b"}, "a channel of 33": {"channel": "x" * 33}, "a purpose of three": {"purpose": "ABC"},
            "a reason that is a number": {"reason": 1}, "an image wish that is a text": {"image_requested": "true"}, "an unknown outcome": {"outcome": "maybe"},
            "an outcome in capitals": {"outcome": "ANSWERED"}, "results that are an object": {"results": {}}, "a result that is a text": {"results": ["IL"]},
            "a result of unknown outcome": {"results": [{"destination": "IL", "outcome": "maybe"}]},
        }.items():  # fmt: skip
            self.with_fields("bad_value", name, **fields)

    def duplicate_field(self):
        for name, member in {
            "a known field": b'"id":"again"', "a known field, escaped": b'"\\u0069d":"again"', "an ignored field": b'"x":1,"x":2',
            "in an ignored object": b'"x":{"y":1,"y":2}', "in a list": b'"x":[{"y":1},{"z":1,"z":1}]', "escaped, in an ignored object": b'"x":{"y":1,"\\u0079":2}',
            "at depth 60": b'"x":' + b'{"y":' * 58 + b'{"z":1,"z":2}' + b"}" * 58, "of nulls": b'"x":null,"x":null', "of empty names": b'"":1,"":1',
            "among a hundred": b",".join(b'"n%d":1' % n for n in range(100)) + b',"n50":1', "in the subject": b'"subject":{"name":1,"name":2}',
            "in a result": b'"results":[{"destination":"IL","outcome":"error","outcome":"error"}]',
        }.items():  # fmt: skip
            self.with_member("duplicate_field", name, member)

    def missing_field(self):
        for name in ("id", "time", "message_key", "origin", "destinations"):
            self.with_fields("missing_field", name + " is null", **{name: None})
            event = {**EVENT, "attention": self._canary.make(name + " is absent")}
            self.add("missing_field", name + " is absent", json.dumps({k: v for k, v in event.items() if k != name}).encode())
        self.with_fields("missing_field", "no ORI", origin={"line": "AX"})
        self.with_fields("missing_field", "a result without destination", results=[{"outcome": "error"}])
        self.with_fields("missing_field", "a result without outcome", results=[{"destination": "IL", "outcome": None}])

    def closer_reasons(self):
        times = {
            "empty": "", "a date": "2025-05-20", "without offset": "2025-05-20T12:00:00", "February 29": "2025-02-29T12:00:00Z", "hour 24": "2025-05-20T24:00:00Z",
            "a leap second inside a month": "2025-05-20T23:59:60Z", "a blank for T": "2025-05-20 12:00:00Z", "wide digits": "２025-05-20T12:00:00Z",
            "an offset of a day": "2025-05-20T12:00:00+24:00",
        }  # fmt: skip
        for name, time in times.items():
            self.with_fields("bad_time", name, time=time)
        self.with_fields("future_time", "a nanosecond", time="2025-05-20T13:05:00.000000001Z")
        self.with_fields("future_time", "year 9999", time="9999-12-31T23:59:59Z")
        self.with_fields("before_retention", "a nanosecond", time="2015-05-20T12:59:59.999999999Z")
        self.with_fields("before_retention", "year 0", time="0000-01-01T00:00:00Z")
        for name, ori in {"eight": "VTICE090", "ten": "VTICE09000", "empty": "", "a dash": "VTICE-900", "a dotted capital": "VT\u0130CE0900"}.items():
            self.with_fields("bad_ori", name, origin={"ori": ori})
        self.with_fields("too_many_destinations", "65", destinations=["IL"] * 65)
        self.with_fields("too_many_destinations", "10,000", destinations=["IL"] * 10_000)
        for name, destinations in {"none": [], "blanks": ["", " "], "three letters": ["ILL"], "a dotless letter": ["\u0131l"]}.items():
            self.with_fields("bad_destination", name, destinations=destinations)


REASONS = {
    "too_large", "bad_utf8", "not_json", "trailing_bytes", "bad_value", "duplicate_field", "missing_field", "bad_time",
    "future_time", "before_retention", "bad_ori", "too_many_destinations", "bad_destination",
}  # fmt: skip


def test_each_kind_of_bad_record_alone_in_a_file_is_rejected_with_its_reason_and_not_kept(tmp_path, bin_dir, rng):
    canary = Canaries(rng)
    kinds = Kinds(canary).all
    assert len(kinds) >= 60 and {reason for reason, _ in kinds.values()} == REASONS
    # In the middle: a file that begins with gzip's bytes is read as gzip.
    before, after = (json.dumps({**EVENT, "id": name}).encode() for name in ("before", "after"))
    files = []
    for n, (_, payload) in enumerate(kinds.values()):
        files.append(tmp_path / f"{n}.ndjson")
        files[-1].write_bytes(before + b"\n" + payload + b"\n" + after + b"\n")
    world = World(tmp_path / "world", bin_dir)
    printed = world.replay("--as-of", AS_OF, *[word for file in files for word in ("--input", file)])
    wrong = []
    for (name, (reason, _)), p in zip(kinds.items(), world.completeness()["partitions"], strict=True):
        if p["by_reason"] != {reason: 1} or p["counted"] != 2:
            wrong.append(f"{name}: {p['by_reason']}, {p['counted']} counted")
    assert not wrong, "\n".join(wrong)
    assert_nothing_found(canary, {"replay": printed.encode(), **dict(bytes_of_folder(world.folder)), **dict(command_outputs(world))})


@pytest.mark.fault(row=14, what="poisonous records in a topic, among good ones", injected="every kind: size, nesting, bytes, keys, types, empty",
                   seen="each is rejected for its reason, the good ones are counted, nothing of them is kept", often="once each")  # fmt: skip
def test_a_topic_with_every_kind_of_bad_record_goes_on_and_keeps_nothing_of_them(tmp_path, bin_dir, broker, rng):
    canary = Canaries(rng)
    kinds = Kinds(canary).all
    topic = new_topic(broker.bootstrap, "bad-input")
    records = []
    for n, (_, payload) in enumerate(kinds.values()):
        records.append((0, canary.make("key").encode(), payload, NOW_MS))
        records.append((0, None, json.dumps({**EVENT, "id": f"good-{n}"}).encode(), NOW_MS))
    records.append((0, canary.make("key of a tombstone").encode(), None, NOW_MS))
    records.append((0, None, json.dumps({**EVENT, "id": "last"}).encode(), NOW_MS))
    produce_ndjson(broker.bootstrap, topic, records)
    world = World(
        tmp_path / "world", bin_dir, brokers=broker.bootstrap, topic=topic, alerts=new_topic(broker.bootstrap, "bad-input.alerts"),
        more='[[output]]\nname = "alerts-log"\nkind = "log"\n[log]\nlevel = "debug"\n',
    )  # fmt: skip
    seen = {}
    with world.daemon() as daemon:
        wait_settled(world, daemon, len(records))
        seen.update(http_answers(world))
        seen.update((f"running: {name}", data) for name, data in bytes_of_folder(world.folder))
        assert daemon.terminate(10) == 0
    seen.update(bytes_of_folder(world.folder))
    seen.update(command_outputs(world))
    for n, record in enumerate(consume_all(broker.bootstrap, world.alerts)):
        seen[f"alert {n}"] = record.value + (record.key or b"")

    (partition,) = world.completeness()["partitions"]
    expected = collections.Counter(reason for reason, _ in kinds.values()) + collections.Counter(not_json=1)  # the tombstone
    assert partition["by_reason"] == dict(expected)
    assert partition["counted"] == len(kinds) + 1
    assert sum(i["count"] for i in world.incidents() if i["kind"] == "block_leak") == len(kinds) + 1
    assert b"il-ice" in seen["alert 0"]  # what may be kept is where the canaries are looked for
    assert_nothing_found(canary, seen)
