"""Random records and questions for a world: every oddity of the contract's section on query events."""

import json
import pathlib
import random
from typing import Any, Dict, List, Tuple

from oracle.oracle import (
    CLASS_OF_KEY, DAY, FUTURE, HOUR, MINUTE, OUT_OF_SCOPE, OUTCOMES, RETENTION, SEC, SIDE_KEYS, STATES, duration, fmt_time,
)  # fmt: skip

from property.generate_config import CHANNELS, PREFIXES, PURPOSES, Scene, fitted, make_scene, make_versions, names_of, ori_name, shifted
from property.world import Catalog, World

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/reject_reasons"
ZONES = ["UTC", "America/Chicago", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "Australia/Lord_Howe", "Etc/GMT+12"]
DIMENSIONS = ["agency", "jurisdiction", "class", "channel", "outcome", "verdict", "ori", "day", "month"]
UNUSABLE = ["", "I", "ILLIN", "bad-dest", "x" * 40, "ÉÉ", "ıl", "IL\t", "NLL"]

Event = Dict[str, Any]


def golden_rejects() -> List[bytes]:
    files = sorted(f for f in GOLDEN.glob("*/*.json") if f.parent.name != "accepted")
    return [raw for f in files if b"\n" not in (raw := f.read_bytes())]


def mixed(scene: Scene, text: str) -> str:
    """The same to a reader that changes the case of a code."""
    return scene.rng.choice((text, text, text, text.lower(), text.title()))


def spaced(scene: Scene, text: str) -> str:
    return scene.rng.choice((text, text, text, " " + text, text + "  "))


class Events:
    """Makes the events of one world."""

    def __init__(self, scene: Scene, catalogs: List[Catalog], as_of: int, lateness: int):
        self.scene, self.rng, self.as_of, self.lateness = scene, scene.rng, as_of, lateness
        self.oris = [r["ori"].strip().upper() for c in catalogs for r in c.oris]
        self.patterns = [p["pattern"] for c in catalogs for p in c.patterns]
        self.lines = [x["code"] for c in catalogs for x in c.lines]
        self.regions = [x["code"] for c in catalogs for x in c.regions]
        self.strangers = [fitted(ori_name(scene)) for _ in range(4)]
        self.count = 0

    # ---- parts
    def time(self) -> int:
        rng, scene = self.rng, self.scene
        if scene.chance(0.35):
            return rng.choice(scene.moments) + rng.choice((0, 0, -1, 1, -1, rng.randrange(-HOUR, HOUR)))
        if scene.chance(0.3):
            return scene.base + rng.randrange(-1, scene.days) * DAY + rng.choice((-1, 0, 1, HOUR, MINUTE, MINUTE - 1))
        return scene.base + rng.randrange(-DAY // 2, scene.days * DAY)

    def time_text(self, ns: int) -> str:
        rng = self.rng
        form = rng.randrange(8)
        if form == 0:
            return fmt_time(ns).lower()
        if form == 1:
            return shifted(ns, rng.choice((-360, -300, 0, 345, 840, -1439)))
        if form == 2 and ns % MINUTE == 0:
            return fmt_time(ns)[:-4] + "Z"  # without seconds
        if form == 3 and ns % SEC:
            return fmt_time(ns - ns % SEC)[:-1] + f".{ns % SEC:09}987Z"  # beyond nanoseconds is cut
        return fmt_time(ns)

    def ori(self) -> str:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.65 and self.oris:
            return rng.choice(self.oris)
        if kind < 0.78 and self.oris:  # a look-alike, if the text has such characters
            swaps = {"O": "0", "0": "O", "I": "1", "1": "I"}
            return "".join(swaps.get(c, c) if self.scene.chance(0.4) else c for c in rng.choice(self.oris))
        if kind < 0.9 and self.patterns:
            pattern = rng.choice(self.patterns)
            free = 9 - sum(c != "*" for c in pattern)
            return fitted("".join(self.free(free) if c == "*" else self.free(1) if c == "?" else c for c in pattern)[:9])
        return rng.choice(self.strangers)

    def free(self, n: int) -> str:
        return "".join(self.rng.choice("0OI1AZ") for _ in range(n))

    def destination(self) -> str:
        rng, scene, kind = self.rng, self.scene, self.rng.random()
        if kind < 0.5:
            return rng.choice(scene.focus)
        if kind < 0.6 and self.regions:
            return rng.choice(self.regions)
        if kind < 0.63:
            return "NL"
        if kind < 0.76 and self.oris:
            return rng.choice(self.oris)
        if kind < 0.84:
            return fitted(rng.choice([*scene.focus, *PREFIXES]) + "PD0")
        if kind < 0.92:
            return rng.choice(["ON", "AX", "NA", "MB", "ZZ", "00", "Q7", *self.lines])
        return rng.choice(STATES)

    def key(self) -> str:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.76:
            key = rng.choice([*CLASS_OF_KEY, "DQ", "RQ"])
        elif kind < 0.9:
            key = rng.choice(sorted(SIDE_KEYS))
        elif kind < 0.94:
            key = rng.choice(["IQ", "YQ", "A1", "IMQ"])
        else:
            key = rng.choice(sorted(OUT_OF_SCOPE))
        return mixed(self.scene, key + rng.choice(("", "", "", "/Y", "/IMQ", "/Z9/imq", "/IMQX")))

    def results(self, destinations) -> List[Event]:
        named = [*destinations, *destinations, self.destination(), self.rng.choice(UNUSABLE)]
        return [
            {"destination": spaced(self.scene, mixed(self.scene, self.rng.choice(named))), "outcome": self.rng.choice(OUTCOMES)}
            for _ in range(self.rng.randint(0, 4))
        ]

    def event(self, time: int) -> Event:
        rng, scene = self.rng, self.scene
        self.count += 1
        destinations = [self.destination() for _ in range(rng.choice((1, 1, 1, 2, 3, 6)))]
        event: Event = {
            "id": f"e-{self.count}" + rng.choice(("", "", "é", " \t\u2028")),
            "time": self.time_text(time),
            "message_key": self.key(),
            "origin": {"ori": spaced(scene, mixed(scene, self.ori())), "user": "jdoe"},
            "destinations": [spaced(scene, mixed(scene, d)) for d in destinations],
        }
        optional = {
            "channel": (0.6, lambda: mixed(scene, rng.choice(CHANNELS))),
            "purpose": (0.6, lambda: mixed(scene, rng.choice(PURPOSES))),
            "reason": (0.3, lambda: "f"),
            "image_requested": (0.3, lambda: scene.chance(0.7)),
            "outcome": (0.8, lambda: rng.choice(OUTCOMES)),
            "results": (0.4, lambda: self.results(destinations)),
            "attention": (0.2, lambda: "free text"),
            "control_field": (0.2, lambda: "0000000001"),
            "subject": (0.2, lambda: {"name": "…", "dob": "1990-01-01"}),
            "extra": (0.2, lambda: [1, 2.5, {"deep": [None, True, {"id": "x"}]}]),
        }
        for name, (share, make) in optional.items():
            if scene.chance(share):
                event[name] = make()
            elif scene.chance(0.1):
                event[name] = None
        if scene.chance(0.35):
            event["origin"]["line"] = mixed(scene, rng.choice([*self.lines, *self.lines, "QQ", "Z"]))
        if scene.chance(0.06):
            event["destinations"].insert(rng.randrange(2), rng.choice(UNUSABLE))
        return event

    def raw(self, event: Event) -> bytes:
        rng, items = self.rng, list(event.items())
        rng.shuffle(items)
        style = rng.randrange(4)
        separators = (" , ", "\t:\r") if style == 0 else (",", ":") if style == 1 else (", ", ": ")
        text = json.dumps(dict(items), ensure_ascii=style == 2, separators=separators)
        if self.scene.chance(0.1):
            text = text.replace('"id"', '"\\u0069d"', 1)
        return text.encode("utf-8", "surrogatepass")

    # ---- what is refused
    def reject(self, time: int, golden: List[bytes]) -> bytes:
        rng = self.rng
        if self.scene.chance(0.15):
            return rng.choice(golden)
        if self.scene.chance(0.03):
            return rng.choice((b"", b" ", b"null", b"[]", b"{}", b"\xef\xbb\xbf{}"))
        event = self.event(time)

        def changed(**fields):
            return self.raw({**event, **fields})

        far = self.as_of + FUTURE + rng.choice((1, DAY))
        early = self.as_of - RETENTION - rng.choice((1, DAY))
        needed = rng.choice(["id", "time", "message_key", "origin", "destinations"])
        raw = self.raw(event)
        return rng.choice((
            lambda: changed(padding="x" * 65_536) if self.scene.chance(0.3) else changed(id="x" * 65_536),
            lambda: raw[:-1] + b',"x":"\xc3("}',
            lambda: raw[:-1] + b',"x":"\\ud800"}',
            lambda: raw[: rng.randrange(len(raw))],
            lambda: raw[:-1] + b',"x":' + rng.choice((b"01", b"NaN", b"1e999", b"18446744073709551616", b"[" * 64 + b"]" * 64)) + b"}",
            lambda: raw + rng.choice((b"{}", b" x", b"\x00")),
            lambda: changed(**rng.choice(({"id": ""}, {"id": 7}, {"channel": "a b"}, {"outcome": "ANSWERED"}, {"purpose": "ABC"},
                                          {"destinations": ["IL", None]}, {"results": [{"destination": "IL", "outcome": "x"}]},
                                          {"origin": "VTICE0900"}, {"message_key": "DQ//X"}, {"image_requested": 1}))),
            lambda: raw[:-1] + b',"x":{"a":1,"\\u0061":2}}',
            lambda: raw[:-1] + b',"id":"again"}' if rng.random() < 0.5 else raw[:-1] + b',"extra":1,"extra":1}',
            lambda: changed(**{needed: None}),
            lambda: self.raw({k: v for k, v in event.items() if k != needed}),
            lambda: changed(time=rng.choice(("2025-02-30T00:00:00Z", "2025-05-20", "2025-05-20T24:00:00Z", "", "2025-05-20T12:00:60Z"))),
            lambda: changed(time=fmt_time(far)),
            lambda: changed(time=fmt_time(early)),
            lambda: changed(origin={"ori": rng.choice(("VTICE090", "VTICE09000", "", "VTICE-900"))}),
            lambda: changed(destinations=["IL"] * 65),
            lambda: changed(destinations=rng.choice(([], ["I"], ["", "ILLIN"]))),
        ))()  # fmt: skip

    # ---- one partition
    def partition(self, size: int, window: int, golden: List[bytes]) -> List[bytes]:
        rng, scene = self.rng, self.scene
        times = sorted(self.time() for _ in range(size))
        records: List[Tuple[float, bytes]] = []
        ids: List[Tuple[float, str]] = []
        for n, time in enumerate(times):
            at = n + (rng.randrange(size) if scene.chance(0.12) else rng.random() * 3)
            if scene.chance(0.12):
                records.append((at, self.reject(time, golden)))
                continue
            event = self.event(time)
            if ids and scene.chance(0.08):  # an id seen before, with the same time or another
                event["id"] = rng.choice(ids)[1]
            ids.append((at, event["id"]))
            records.append((at, self.raw(event)))
            if scene.chance(0.03):  # the very same bytes again, at once or later
                records.append((at + rng.choice((0.5, rng.randrange(size))), records[-1][1]))
        if scene.chance(0.5):
            records += self.burst(size)
        if scene.chance(0.3):
            records += self.edges_of_the_clock(size, max(times) + SEC, window)
        records.sort(key=lambda r: r[0])
        if scene.chance(0.1):
            records.insert(rng.randrange(len(records) + 1), (0, b""))
        return [raw for _, raw in records]

    def burst(self, size: int) -> List[Tuple[float, bytes]]:
        """The same asker and destination many times on one day: milestones."""
        rng = self.rng
        event = self.event(0)
        day = self.scene.base + rng.randrange(self.scene.days) * DAY
        times = sorted(day + rng.randrange(DAY) for _ in range(rng.choice((10, 12, 25, 25, 105))))
        if self.scene.chance(0.3):
            event["purpose"] = rng.choice(PURPOSES)
        start = rng.randrange(size)
        out = []
        for n, time in enumerate(times):
            self.count += 1
            out.append((start + n / 100, self.raw({**event, "id": f"b-{self.count}", "time": self.time_text(time)})))
        return out

    def edges_of_the_clock(self, size: int, clock: int, window: int) -> List[Tuple[float, bytes]]:
        """At the end: an id again just inside and just outside the window, an event just late and just not."""
        lateness = self.lateness  # nanoseconds

        def plain(name, time):
            self.count += 1
            event = {**self.event(time), "message_key": "DQ", "destinations": ["IL"], "id": f"{name}-{self.count}"}
            return {**event, "time": fmt_time(time)}

        first = plain("edge", clock)
        steps = [first, plain("mover", clock + window - 1), {**plain("again", clock), "id": first["id"]},
                 plain("late", clock + window - 1 - lateness), plain("late", clock + window - 2 - lateness),
                 plain("mover", clock + window), {**plain("again", clock), "id": first["id"]}]  # fmt: skip
        return [(3 * size + n, self.raw(event)) for n, event in enumerate(steps)]


def questions(scene: Scene, catalogs: List[Catalog], as_of: int, wide: bool) -> List[Dict[str, Any]]:
    rng = scene.rng
    names = [*names_of(catalogs[-1].agencies), "unknown", "ambiguous"]
    low = scene.base - 2 * DAY if not wide else (as_of - RETENTION) // DAY * DAY - DAY
    whole = {"start": fmt_time(low), "end": fmt_time(max(as_of, scene.base + scene.days * DAY) // DAY * DAY + 2 * DAY)}
    every = [d for d in DIMENSIONS if d != "ori"]
    out = [
        {"by": every, **whole, "rollup": True},
        {"by": ["ori", *every], **whole},
        {"by": ["agency", "class", "day", "month"], "unit": "messages", "rollup": True, **whole},
        {"last": rng.choice(("5m", "1h", "24h", "7d", "30d", "365d"))},
    ]
    for _ in range(4):
        words: Dict[str, Any] = {"unit": "messages"} if scene.chance(0.25) else {}
        possible = ["agency", "class", "day", "month"] if words else DIMENSIONS
        if scene.chance(0.8):
            words["by"] = rng.sample(possible, rng.randint(1, 4))
        words["zone"] = rng.choice(ZONES)
        if scene.chance(0.3):
            words["last"] = rng.choice(("5m", "1h", "24h", "7d", "30d", "365d"))
        else:
            unit = rng.choice((DAY, DAY, HOUR, HOUR, MINUTE))
            ends = sorted(scene.base + rng.randrange(-DAY // unit, (scene.days + 1) * DAY // unit) * unit for _ in range(2))
            words["start"], words["end"] = (fmt_time(t)[:10] if t % DAY == 0 and scene.chance(0.6) else fmt_time(t) for t in ends)
        if scene.chance(0.35):
            words["agency"] = rng.choice(names)
        if scene.chance(0.3):
            words["exclude"] = rng.choice(names)
        if scene.chance(0.3) and "unit" not in words:
            words["jurisdiction"] = rng.choice(scene.focus)
        words["rollup"] = scene.chance(0.4)
        out.append(words)
    return out


def make_world(seed: int) -> World:
    """The same world for the same seed."""
    rng = random.Random(seed)
    scene = make_scene(rng)
    catalogs, policies = make_versions(scene)
    window = rng.choice(("24h", "24h", "3h", "90s", "0s"))
    lateness = rng.choice(("48h", "48h", "6h", "0s"))
    as_of = scene.base + scene.days * DAY + rng.choice((0, HOUR, 3 * DAY, -DAY // 2, 400 * DAY, rng.randrange(DAY)))
    if (as_of + FUTURE) // DAY != as_of // DAY:
        as_of -= 2 * FUTURE  # else the newest event that is none of the future expires the day of the oldest that is kept
    events = Events(scene, catalogs, as_of, duration(lateness))
    golden = golden_rejects()
    sizes = [rng.choice((30, 60, 100)) for _ in range(rng.randint(1, 4))]
    partitions = [events.partition(size, duration(window), golden) for size in sizes]
    wide = scene.chance(0.2)
    if wide:
        for time in (as_of - RETENTION, as_of - RETENTION - 1, as_of + FUTURE, as_of + FUTURE + 1):
            event = {**events.event(time), "time": fmt_time(time)}
            rng.choice(partitions).append(events.raw(event))
    if scene.chance(0.05):
        partitions.append([])
    return World(seed, catalogs, policies, partitions, questions(scene, catalogs, as_of, wide), as_of, lateness, window)
