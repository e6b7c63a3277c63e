"""Runs a world through the product and the oracle and compares all that both say; counts what states it reached."""

import collections
import dataclasses
import json
import pathlib
from typing import Any, Counter, Dict, List, Optional, Tuple

from oracle.oracle import BadConfig, Oracle, Usage, duration, fmt_time
from support.processes import run
from support.product import World as Product
from support.product import assert_balanced, assert_same, comparable

from property.world import World

TOPIC = "nlets.queries"


@dataclasses.dataclass
class Outcome:
    difference: Optional[str]  # None: none
    kind: str  # of the difference: where it was first seen
    reached: Counter[str]


class Watched(Oracle):
    """The oracle, noting which rare states it goes through."""

    def __init__(self, *args, **words):
        super().__init__(*args, **words)
        self.reached: Counter[str] = collections.Counter()
        self.ids_counted: set = set()

    def count(self, e, partition, offset):
        catalog = self.catalogs.at(e["t"])
        node, how, row = catalog.resolve(e["ori"], e["line"], e["t"])
        reached = self.reached
        reached["how " + how] += 1
        reached[f"asker {node}" if node in ("unknown", "ambiguous", "unclassified", "federal_unclassified") else "asker named"] += 1
        if e["ori"] in catalog.oris:
            reached["row not valid" if row is None else "row inactive" if row["inactive"] else "row active"] += 1
        if (partition, e["id"]) in self.ids_counted:
            reached["id counted again after the window"] += 1
        self.ids_counted.add((partition, e["id"]))
        for policy in self.policies.at(e["t"]).under(catalog).rules:
            for edge in (policy.start, policy.enforce, policy.ends):
                if edge is not None and abs(e["t"] - edge) <= 1:
                    reached[f"event {e['t'] - edge:+d} ns from a policy's date"] += 1
        before = len(self.observations)
        super().count(e, partition, offset)
        for o in self.observations[before:]:
            reached[f"verdict {o[8]}"] += 1
            reached[f"via {o[7]}"] += 1
            reached[f"outcome {o[6]}"] += 1
            reached["photo"] += o[4]
            reached["several policies on one observation"] += len(o[13]) > 1
            reached["strongest verdict is not of the first policy"] += len(o[13]) > 1 and o[13][0][1] != o[8]
        reached[f"class {e['cls']}"] += 1

    def note_the_end(self) -> None:
        for status in self.status.values():
            self.reached["fate " + status] += 1
        for p in self.partitions.values():
            for name, n in p["quality"].items():
                self.reached["quality " + name] += n
        for i in self.incident_list():
            self.reached["incident " + i["kind"]] += 1
            for n in i["notifications"]:
                self.reached["milestone " + n["milestone"]] += 1


EXPECTED = [
    *("fate " + f for f in ("counted", "duplicate", "out_of_scope", "too_large", "bad_utf8", "not_json", "trailing_bytes",
                            "bad_value", "duplicate_field", "missing_field", "bad_time", "future_time", "before_retention",
                            "bad_ori", "too_many_destinations", "bad_destination")),
    *("quality " + q for q in ("bad_destination_partial", "stray_results", "unknown_codes", "late")),
    *("incident " + k for k in ("block_leak", "blocked_query", "blocked_attempt", "enforcement_gap", "exception_exceeded",
                                "broadcast_by_blocked", "side_channel", "unknown_ori", "inactive_ori", "lookalike_ori", "watch")),
    *("verdict " + v for v in ("blocked", "excepted", "gap", "watched", "shadow", "none")),
    *("how " + h for h in ("exact", "pattern", "line", "type", "unknown")),
    *("asker " + a for a in ("named", "unknown", "ambiguous", "unclassified", "federal_unclassified")),
    *("row " + r for r in ("active", "inactive", "not valid")),
    *("via " + v for v in ("named", "region", "nl")),
    *("outcome " + o for o in ("answered", "no_record", "rejected", "error", "unknown")),
    *("class " + c for c in ("driver_license", "driver_history", "registration", "other")),
    *("milestone " + m for m in ("opened", "10", "100", "closed")),
    *(f"event {d:+d} ns from a policy's date" for d in (-1, 0, 1)),
    "photo", "several policies on one observation", "strongest verdict is not of the first policy",
    "id counted again after the window", "report refused", "report of a zone", "report by last", "report with a roll-up",
    "report without rows",
]  # fmt: skip


def words_of(question: Dict[str, Any]) -> List[str]:
    """As the command line takes them."""
    names = {"start": "from", "end": "to"}
    out: List[str] = []
    for key, value in question.items():
        if key == "rollup":
            out += ["--rollup"] if value else []
        else:
            out += ["--" + names.get(key, key), ",".join(value) if key == "by" else str(value)]
    return out


class Comparison:
    """One world in one folder."""

    def __init__(self, world: World, folder: pathlib.Path, bin_dir: pathlib.Path):
        self.world, self.folder, self.bin_dir = world, folder, bin_dir
        world.write(folder)
        files = {name: folder / file for name, file in (("policy", "policy.toml"), ("agencies", "agencies.toml"), ("oris", "oris.csv"))}
        history = folder / "history" if world.has_history() else None
        self.oracle = Watched(
            *files.values(), fmt_time(world.as_of), TOPIC, history, duration(world.window), duration(world.lateness)
        ).run(str(folder / "data"))  # fmt: skip
        self.oracle.note_the_end()
        more = f'[time]\nlateness = "{world.lateness}"\n[dedup]\nwindow = "{world.window}"\n'
        self.product = Product(folder / "product", bin_dir, topic=TOPIC, more=more, **files)
        inputs = [word for n in range(len(world.partitions)) for word in ("--input", folder / f"data/p{n}.ndjson")]
        if history:
            inputs += ["--policy-history", history]
        self.product.replay("--as-of", fmt_time(world.as_of), *inputs, seconds=60)

    def answer(self, *words: Any) -> Tuple[int, str]:
        done = run([self.bin_dir / "blockwatch", *map(str, words), "--state-dir", self.product.state, "--format", "json"], status=None)
        return done.returncode, done.stdout

    def listing(self, *words: Any) -> Any:
        status, text = self.answer(*words)
        assert status == 0, f"{words}: exit status {status}"
        return json.loads(text)

    def completeness(self) -> None:
        got = self.listing("completeness")
        assert_balanced(got)
        assert_same("completeness", got["partitions"], self.oracle.completeness()["partitions"])

    def incidents(self) -> None:
        got = self.listing("alerts", "list")
        assert_same(
            "incident",
            [comparable(i, positions=True) for i in got["incidents"]],
            [comparable(i, positions=True) for i in self.oracle.incident_list()],
        )
        assert got["as_of"] == self.oracle.as_of_now(), f"as_of of incidents: {got['as_of']}, oracle {self.oracle.as_of_now()}"

    def rejects(self) -> None:
        got = [{k: v for k, v in r.items() if k != "hash"} for r in self.listing("rejects")["rejects"]]
        place = lambda r: (r["topic"], r["partition"], r["offset"])  # noqa: E731
        assert_same("reject", sorted(got, key=place), sorted(self.oracle.rejects(), key=place))

    def report(self, question: Dict[str, Any]) -> None:
        reached, name = self.oracle.reached, f"report {json.dumps(question)}"
        try:
            want = self.oracle.report(**question)
        except Usage as refusal:
            status, _ = self.answer("report", *words_of(question), "--lateness", self.world.lateness)
            assert status == 64, f"{name}: exit status {status}, and the oracle says: {refusal}"
            reached["report refused"] += 1
            return
        got = self.listing("report", *words_of(question), "--lateness", self.world.lateness)
        reached["report of a zone"] += question.get("zone", "UTC") != "UTC"
        reached["report by last"] += "last" in question
        reached["report with a roll-up"] += bool(want.get("rollup"))
        reached["report without rows"] += not want["rows"]
        assert_same(name, got["rows"], want["rows"])
        for key, value in want.items():
            assert got.get(key) == value, f"{name}: {key} is\n{got.get(key)}\nand the oracle says\n{value}"

    def run(self) -> None:
        self.completeness()
        self.rejects()
        self.incidents()
        for question in self.world.questions:
            self.report(question)


def compare(world: World, folder: pathlib.Path, bin_dir: pathlib.Path) -> Outcome:
    """Writes everything into `folder`."""
    kind, reached = "replay", collections.Counter()
    try:
        comparison = Comparison(world, folder, bin_dir)
        reached = comparison.oracle.reached
        comparison.run()
        return Outcome(None, "", reached)
    except AssertionError as error:
        text = str(error)
        known = ("completeness", "incident", "reject", "report", "as_of", "partition")
        kind = next((k for k in known if text.startswith(k)), kind)
        return Outcome(text, kind, reached)
    except (BadConfig, ValueError, KeyError) as error:
        return Outcome(f"the oracle refused its configuration: {error!r}", "configuration", reached)
