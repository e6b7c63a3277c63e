"""Sentences of the domain, each with a policy, a few queries and what must come of them, written by hand.

All cases are counted in one replay: a case is a partition, its agencies and policies bear its number, and each query has
an ORI of its own, by which the report's rows are told apart. The oracle judges the same input."""

import dataclasses
import json
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import pytest

from oracle.oracle import STATES, Oracle, parse_time
from support.product import World, comparable


AS_OF = "2026-12-31T12:00:00Z"
# The tree of every case: node -> parent.
TREE = {"dhs": "", "ice": "dhs", "hsi": "ice", "lab": "hsi", "cbp": "dhs", "ofo": "cbp", "amo": "cbp", "fbi": ""}
REGION = ("R2", ("IA", "IL", "MN"))

Incident = Tuple[str, str, str, str, str, int]  # kind, policy, jurisdiction, agency, day, count


@dataclasses.dataclass
class Query:
    """`want`: "IL blocked, NY none" by jurisdiction, or the reason of a reject."""

    asker: str
    time: str
    want: str
    to: Sequence[str] = ("IL",)
    ori: str = ""
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def verdicts(self) -> Dict[str, str]:
        pairs = (pair.split() for pair in self.want.split(", "))
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def ask(asker: str, time: str, want: str, *, to: Sequence[str] = ("IL",), ori: str = "", **more: Any) -> Query:
    return Query(asker, time, want, to, ori, more)


@dataclasses.dataclass
class Case:
    sentence: str
    queries: List[Query]
    blocks: List[Dict[str, Any]] = dataclasses.field(default_factory=list)
    watches: List[Dict[str, Any]] = dataclasses.field(default_factory=list)
    incidents: Optional[List[Incident]] = None  # None: not looked at
    late: int = 0
    tree: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)  # further nodes, or dates of one
    patterns: Sequence[Tuple[str, str]] = ()
    number: int = -1

    def own(self, agency: str) -> str:
        """Of reserved agencies, which all share, their name."""
        return agency if agency in ("", "unknown") else f"c{self.number}-{agency}"

    def policy(self, name: str) -> str:
        return f"c{self.number}-{name}" if name else ""


def block(name: str, agencies: Sequence[str], since: str, jurisdictions: Sequence[str] = ("IL",), **more: Any) -> Dict[str, Any]:
    return {"id": name, "jurisdictions": list(jurisdictions), "agencies": list(agencies), "enforce_from": since, **more}


def watch(name: str, agencies: Sequence[str], jurisdictions: Sequence[str] = ("IL",), **more: Any) -> Dict[str, Any]:
    return {"id": name, "jurisdictions": list(jurisdictions), "agencies": list(agencies), **more}


JAN_15 = "2025-01-15T00:00:00-06:00"
IN_FORCE = "2025-11-12T14:03:27.41-06:00"
DAY = "2025-11-12"
# Of the one broadcast: two states block, the other 54 do not.
EVERYWHERE = "everywhere"
REASONS = ("bad_time", "future_time", "before_retention")

CASES = [
    # ---- the dates of a block
    Case(
        "A block is a gap from the instant of its order and holds from the instant of its enforcement.",
        blocks=[block("b", ["ice"], JAN_15, ordered_at="2025-01-01T00:00:00-06:00")],
        queries=[
            ask("ice", "2025-01-01T05:59:59.999999999Z", "IL none"),
            ask("ice", "2025-01-01T06:00:00Z", "IL gap"),
            ask("ice", "2025-01-15T05:59:59.999999999Z", "IL gap"),
            ask("ice", "2025-01-15T06:00:00Z", "IL blocked"),
        ],
        incidents=[
            ("blocked_query", "b", "IL", "ice", "2025-01-15", 1),
            ("enforcement_gap", "b", "IL", "ice", "2025-01-01", 1),
            ("enforcement_gap", "b", "IL", "ice", "2025-01-15", 1),
        ],
    ),
    Case(
        "A block has ended at the instant of its end.",
        blocks=[block("b", ["ice"], JAN_15, ends_at="2025-06-01T00:00:00Z")],
        queries=[
            ask("ice", "2025-05-31T23:59:59.999999999Z", "IL blocked"),
            ask("ice", "2025-06-01T00:00:00Z", "IL none"),
        ],
    ),
    Case(
        "Washington: twelve days lie between the order and the cut, and afterwards attempts are rejected.",
        blocks=[block("wa", ["ice"], "2025-11-19T00:00:00-08:00", ["WA"], ordered_at="2025-11-07T00:00:00-08:00")],
        queries=[
            ask("ice", "2025-11-06T23:59:59-08:00", "WA none", to=["WA"], outcome="answered"),
            ask("ice", "2025-11-07T00:00:00-08:00", "WA gap", to=["WA"], outcome="answered"),
            ask("hsi", "2025-11-18T23:59:59-08:00", "WA gap", to=["WA"], outcome="answered"),
            ask("ice", "2025-11-19T00:00:00-08:00", "WA blocked", to=["WA"], outcome="rejected"),
            ask("ice", "2025-11-19T00:00:01-08:00", "WA blocked", to=["WA"], outcome="rejected"),
            ask("cbp", "2025-11-19T00:00:02-08:00", "WA none", to=["WA"], outcome="answered"),
        ],
        incidents=[
            ("blocked_attempt", "wa", "WA", "ice", "2025-11-19", 2),
            ("enforcement_gap", "wa", "WA", "hsi", "2025-11-19", 1),
            ("enforcement_gap", "wa", "WA", "ice", "2025-11-07", 1),
        ],
    ),
    # ---- who is covered
    Case(
        "A block on a node covers its children unless they are carved out, with all that is below them.",
        blocks=[block("b", ["dhs"], JAN_15, except_agencies=["hsi"])],
        queries=[
            ask("dhs", IN_FORCE, "IL blocked"),
            ask("amo", IN_FORCE, "IL blocked"),
            ask("hsi", IN_FORCE, "IL none"),
            ask("lab", IN_FORCE, "IL none"),
            ask("fbi", IN_FORCE, "IL none"),
        ],
    ),
    Case(
        "A node is in a subtree whatever the dates of the nodes above it, and is nobody outside of its own.",
        blocks=[block("b", ["ice"], JAN_15)],
        tree={
            "ice": {"valid_to": "2025-03-01"},
            "unit": {"parent": "ice", "valid_from": "2025-02-01T00:00:00Z", "valid_to": "2025-06-01T00:00:00Z"},
        },
        queries=[
            ask("unit", "2025-01-31T23:59:59Z", "IL none"),
            ask("unit", "2025-02-01T00:00:00Z", "IL blocked"),
            ask("unit", "2025-05-31T23:59:59Z", "IL blocked"),
            ask("unit", "2025-06-01T00:00:00Z", "IL none"),
            ask("ice", "2025-02-28T23:59:59Z", "IL blocked"),
            ask("ice", "2025-03-01T00:00:00Z", "IL none"),
        ],
        late=2,
        incidents=[
            ("blocked_query", "b", "IL", "ice", "2025-02-28", 1),
            ("blocked_query", "b", "IL", "unit", "2025-02-01", 1),
            ("blocked_query", "b", "IL", "unit", "2025-05-31", 1),
        ],
    ),
    Case(
        "INS until March 2003, its successor from then on: one pattern for two agencies, each within its dates.",
        blocks=[block("b", ["ice"], "2017-06-01T00:00:00Z")],
        tree={"ins": {"parent": "", "valid_to": "2017-03-01"}, "ice": {"parent": "dhs", "valid_from": "2017-03-01"}},
        patterns=[("??QQQ*", "ins"), ("??QQQ*", "ice")],
        queries=[
            ask("", "2017-02-28T23:59:59Z", "IL none", ori="VTQQQ07S0"),
            ask("", "2025-11-12T00:00:00Z", "IL blocked", ori="VTQQQ07S1"),
        ],
    ),
    Case(
        "A near miss of a blocked ORI is named after whom it imitates, and nothing is blocked by its looks.",
        blocks=[block("b", ["ice"], JAN_15)],
        queries=[
            ask("ice", IN_FORCE, "IL blocked", ori="VTICE0910", outcome="rejected"),
            ask("", IN_FORCE, "IL none", ori="VT1CEO91O"),
        ],
        incidents=[("blocked_attempt", "b", "IL", "ice", DAY, 1), ("lookalike_ori", "", "", "ice", DAY, 1)],
    ),
    # ---- what is covered
    Case(
        "Massachusetts: the rule covers license data, not registrations.",
        blocks=[block("ma", ["ice", "cbp"], JAN_15, ["MA"], classes=["driver_license", "driver_history"])],
        queries=[
            ask("cbp", IN_FORCE, "MA blocked", to=["MA"], message_key="DQ"),
            ask("ice", IN_FORCE, "MA blocked", to=["MA"], message_key="KQ"),
            ask("ice", IN_FORCE, "MA none", to=["MA"], message_key="RQ"),
        ],
    ),
    Case(
        "A block of photos covers whatever asks for one, by IMQ or by the flag, and nothing else.",
        blocks=[block("b", ["ice"], JAN_15, classes=["photo"])],
        queries=[
            ask("ice", IN_FORCE, "IL none", message_key="DQ"),
            ask("ice", IN_FORCE, "IL blocked", message_key="DQ/IMQ"),
            ask("ice", IN_FORCE, "IL blocked", message_key="KQ", image_requested=True),
            ask("ice", IN_FORCE, "IL blocked", message_key="RQ", image_requested=True),
            ask("ice", IN_FORCE, "IL none", message_key="DQ", image_requested=False),
        ],
    ),
    Case(
        "Illinois: a block covers every channel unless it is limited to some.",
        blocks=[block("all", ["ice"], JAN_15), block("nlets", ["ice"], JAN_15, ["MN"], channels=["nlets"])],
        queries=[
            ask("ice", IN_FORCE, "IL blocked, MN blocked", to=["IL", "MN"], channel="NLETS"),
            ask("ice", IN_FORCE, "IL blocked, MN none", to=["IL", "MN"], channel="leads"),
            ask("ice", IN_FORCE, "IL blocked, MN none", to=["IL", "MN"]),
        ],
    ),
    Case(
        "An administrative message by a blocked agency is a side channel where the block lists class other.",
        blocks=[block("b", ["ice"], JAN_15, classes=["driver_license", "other"]), block("dmv", ["ice"], JAN_15)],
        queries=[
            ask("ice", IN_FORCE, "", message_key="AM"),
            ask("ice", IN_FORCE, "", message_key="IQ"),
            ask("cbp", IN_FORCE, "", message_key="AM"),
        ],
        incidents=[("side_channel", "b", "IL", "ice", DAY, 1)],
    ),
    Case(
        "A message to the insurance file, which is no state, is counted and is no observation.",
        blocks=[block("b", ["ice"], JAN_15, ["*"])],
        queries=[ask("ice", IN_FORCE, "", to=["NA"], message_key="RQ")],
        incidents=[],
    ),
    # ---- exceptions
    Case(
        "New York: vetting stays allowed to one office for one purpose, and an absent purpose is none of those listed.",
        blocks=[
            block("ny", ["cbp"], JAN_15, ["NY"], exception=[{"reference": "vetting", "agencies": ["ofo"], "purposes": ["E", "C"]}])
        ],
        queries=[
            ask("ofo", IN_FORCE, "NY excepted", to=["NY"], purpose="e"),
            ask("ofo", IN_FORCE, "NY blocked", to=["NY"], purpose="F"),
            ask("ofo", IN_FORCE, "NY blocked", to=["NY"]),
            ask("amo", IN_FORCE, "NY blocked", to=["NY"], purpose="E"),
        ],
    ),
    Case(
        "An exception holds from its start until it expires, and a gap is not excepted.",
        blocks=[
            block(
                "b", ["ice"], JAN_15, ordered_at="2025-01-01T00:00:00-06:00",
                exception=[{"reference": "case 1", "starts_at": "2025-02-01T00:00:00Z", "expires_at": "2025-03-01T00:00:00Z"},
                           {"reference": "case 0", "expires_at": "2025-01-16T00:00:00Z"}],
            )
        ],  # fmt: skip
        queries=[
            ask("ice", "2025-01-02T00:00:00Z", "IL gap"),
            ask("ice", "2025-01-15T23:59:59Z", "IL excepted"),
            ask("ice", "2025-01-16T00:00:00Z", "IL blocked"),
            ask("ice", "2025-01-31T23:59:59.999999999Z", "IL blocked"),
            ask("ice", "2025-02-01T00:00:00Z", "IL excepted"),
            ask("ice", "2025-02-28T23:59:59.999999999Z", "IL excepted"),
            ask("ice", "2025-03-01T00:00:00Z", "IL blocked"),
        ],
    ),
    Case(
        "The last use that is allowed raises nothing.",
        blocks=[block("b", ["ice"], JAN_15, exception=[{"reference": "case 2", "max_uses": 2}])],
        queries=[ask("ice", "2025-03-01T00:00:00Z", "IL excepted"), ask("hsi", "2025-04-01T00:00:00Z", "IL excepted")],
        incidents=[],
    ),
    Case(
        "One use beyond is exceeded by one, over all agencies, states and days, and is excepted all the same.",
        blocks=[
            block("b", ["ice"], JAN_15, ["IL", "MN"],
                  exception=[{"reference": "case 3", "max_uses": 2, "starts_at": "2025-02-01T00:00:00-06:00"}])
        ],  # fmt: skip
        queries=[
            ask("ice", "2025-03-01T00:00:00Z", "IL excepted, MN excepted", to=["IL", "MN"]),
            ask("hsi", "2025-04-01T00:00:00Z", "IL excepted"),
        ],
        incidents=[("exception_exceeded", "b#case 3", "", "", "2025-02-01", 1)],
    ),
    # ---- several policies
    Case(
        "A watch beside a block makes its own incident, and the observation is counted as blocked.",
        blocks=[block("b", ["ice"], JAN_15)],
        watches=[watch("w", ["dhs"], ordered_at="2025-01-01")],
        queries=[
            ask("ice", IN_FORCE, "IL blocked", outcome="answered"),
            ask("cbp", IN_FORCE, "IL watched", outcome="answered"),
            ask("cbp", "2024-12-31T23:59:59Z", "IL none"),
        ],
        late=1,
        incidents=[
            ("block_leak", "b", "IL", "ice", DAY, 1),
            ("watch", "w", "IL", "cbp", DAY, 1),
            ("watch", "w", "IL", "ice", DAY, 1),
        ],
    ),
    Case(
        "A shadow block beside a block changes nothing; alone it is counted, and never alerts.",
        blocks=[
            block("b", ["ice"], JAN_15),
            block("s", ["dhs"], JAN_15, mode="shadow", ordered_at="2025-01-01T00:00:00-06:00"),
        ],
        queries=[
            ask("ice", IN_FORCE, "IL blocked", outcome="answered"),
            ask("cbp", IN_FORCE, "IL shadow", outcome="answered"),
            ask("cbp", "2025-01-10T00:00:00Z", "IL none"),
        ],
        late=1,
        incidents=[("block_leak", "b", "IL", "ice", DAY, 1)],
    ),
    Case(
        "Of overlapping blocks each keeps its own incidents and the strongest verdict counts.",
        blocks=[
            block("now", ["ice"], JAN_15, exception=[{"reference": "case 4"}]),
            block("soon", ["dhs"], "2026-01-01T00:00:00Z", ordered_at="2025-06-01T00:00:00Z"),
            block("photo", ["hsi"], JAN_15, classes=["photo"]),
        ],
        queries=[
            ask("ice", IN_FORCE, "IL excepted"),
            ask("cbp", IN_FORCE, "IL gap"),
            ask("hsi", IN_FORCE, "IL blocked", image_requested=True, outcome="answered"),
        ],
        incidents=[
            ("block_leak", "photo", "IL", "hsi", DAY, 1),
            ("enforcement_gap", "soon", "IL", "cbp", DAY, 1),
            ("enforcement_gap", "soon", "IL", "hsi", DAY, 1),
            ("enforcement_gap", "soon", "IL", "ice", DAY, 1),
        ],
    ),
    # ---- reach and outcome
    Case(
        "NL by a blocked agency reaches a blocking state as a broadcast, once, whatever else names it.",
        blocks=[block("b", ["ice"], JAN_15, ["IL", "MN"])],
        queries=[
            ask("ice", IN_FORCE, EVERYWHERE, to=["NL"], outcome="answered"),
            ask("ice", IN_FORCE, "IL blocked, MN blocked, IA none", to=["R2", "IL"], outcome="answered",
                results=[{"destination": "R2", "outcome": "no_record"}]),
        ],  # fmt: skip
        incidents=[
            ("block_leak", "b", "IL", "ice", DAY, 1),
            ("block_leak", "b", "MN", "ice", DAY, 1),
            ("blocked_query", "b", "IL", "ice", DAY, 1),
            ("blocked_query", "b", "MN", "ice", DAY, 1),
            ("broadcast_by_blocked", "b", "IL", "ice", DAY, 1),
            ("broadcast_by_blocked", "b", "MN", "ice", DAY, 2),
        ],
    ),
    Case(
        "Only a rejection shows that a block holds; silence, no record and an error do not.",
        blocks=[block("b", ["ice"], JAN_15)],
        queries=[
            ask("ice", IN_FORCE, "IL blocked", outcome=outcome)
            for outcome in ("answered", "no_record", "rejected", "error", "unknown")
        ],
        incidents=[
            ("block_leak", "b", "IL", "ice", DAY, 1),
            ("blocked_attempt", "b", "IL", "ice", DAY, 1),
            ("blocked_query", "b", "IL", "ice", DAY, 3),
        ],
    ),
    # ---- clocks and calendars
    Case(
        "An offset, a half-hour one too, names the same instant as UTC; seconds may be left out.",
        blocks=[block("b", ["ice"], "2025-01-15T06:00:00Z")],
        queries=[
            ask("ice", "2025-01-14T23:59:59.999-06:00", "IL none"),
            ask("ice", "2025-01-15T00:00-06:00", "IL blocked"),
            ask("ice", "2025-01-15T11:29:59.999999999+05:30", "IL none"),
            ask("ice", "2025-01-15t11:30:00+05:30", "IL blocked"),
            ask("ice", "2025-01-15T05:59z", "IL none"),
            ask("ice", "2025-01-15T06:00Z", "IL blocked"),
            ask("ice", "2025-01-15T06:00:00.0000000009Z", "IL blocked"),
        ],
    ),
    Case(
        "A leap second belongs to the day and the year that it ends.",
        blocks=[block("b", ["ice"], "2025-01-01T00:00:00Z", ordered_at="2024-12-31T23:59:59.999999Z")],
        queries=[
            ask("ice", "2024-12-31T23:59:59Z", "IL none"),
            ask("ice", "2024-12-31T23:59:60Z", "IL gap"),
            ask("hsi", "2024-12-31T17:59:60-06:00", "IL gap"),
            ask("ice", "2024-12-30T23:59:60Z", "bad_time"),
            ask("ice", "2024-12-31T23:59:61Z", "bad_time"),
        ],
        incidents=[
            ("enforcement_gap", "b", "IL", "hsi", "2024-12-31", 1),
            ("enforcement_gap", "b", "IL", "ice", "2024-12-31", 1),
        ],
    ),
    Case(
        "The day of an incident is the UTC day: a year ends for all at once.",
        blocks=[block("b", ["ice"], "2024-06-01T00:00:00Z")],
        queries=[
            ask("ice", "2024-12-31T17:59:59-06:00", "IL blocked", outcome="rejected"),
            ask("ice", "2024-12-31T18:00:00-06:00", "IL blocked", outcome="rejected"),
            ask("ice", "2025-01-01T05:59:59+06:00", "IL blocked", outcome="rejected"),
        ],
        incidents=[
            ("blocked_attempt", "b", "IL", "ice", "2024-12-31", 2),
            ("blocked_attempt", "b", "IL", "ice", "2025-01-01", 1),
        ],
    ),
    Case(
        "A record thirteen months late is counted as late, on its own day, by what held then.",
        blocks=[block("b", ["ice"], JAN_15, ordered_at="2025-01-01T00:00:00-06:00")],
        queries=[
            ask("ice", "2026-02-10T00:00:00Z", "IL blocked", outcome="rejected"),
            ask("ice", "2025-01-10T00:00:00Z", "IL gap", outcome="answered"),
        ],
        late=1,
        incidents=[
            ("blocked_attempt", "b", "IL", "ice", "2026-02-10", 1),
            ("enforcement_gap", "b", "IL", "ice", "2025-01-10", 1),
        ],
    ),
    Case(
        "Five minutes ahead of the clock is a clock that is off; six minutes, or ten years, is no event.",
        blocks=[block("b", ["ice"], JAN_15)],
        queries=[
            ask("ice", "2026-12-31T12:05:00Z", "IL blocked"),
            ask("ice", "2026-12-31T12:05:00.000000001Z", "future_time"),
            ask("ice", "2026-12-31T12:06:00Z", "future_time"),
            ask("ice", "2036-12-31T12:00:00Z", "future_time"),
            ask("ice", "2016-12-30T12:00:00Z", "IL none"),
            ask("ice", "2016-12-30T11:59:59.999999999Z", "before_retention"),
        ],
        late=1,
    ),
    Case(
        "In Chicago the day on which clocks go forward has 23 hours and the one on which they go back 25.",
        queries=[
            ask("ice", "2025-03-09T05:59:59Z", "IL none"),
            ask("ice", "2025-03-09T06:00:00Z", "IL none"),
            ask("ice", "2025-03-10T04:59:59Z", "IL none"),
            ask("ice", "2025-03-10T05:00:00Z", "IL none"),
            ask("hsi", "2025-11-02T04:59:59Z", "IL none"),
            ask("hsi", "2025-11-02T05:00:00Z", "IL none"),
            ask("hsi", "2025-11-02T06:30:00Z", "IL none"),
            ask("hsi", "2025-11-02T07:30:00Z", "IL none"),
            ask("hsi", "2025-11-03T05:59:59Z", "IL none"),
            ask("hsi", "2025-11-03T06:00:00Z", "IL none"),
        ],
    ),
]
for index, numbered in enumerate(CASES):
    numbered.number = index
CHICAGO = CASES[-1]


def ori_of(case: Case, index: int) -> str:
    return case.queries[index].ori or f"VT{case.number:03}{index:04}"


def states_of(query: Query) -> Dict[str, str]:
    if query.want != EVERYWHERE:
        return query.verdicts
    return {state: "blocked" if state in ("IL", "MN") else "none" for state in STATES}


# ------------------------------------------------------------------ the files
def toml_value(value: Any) -> str:
    if isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-":
        return value  # a time or a date
    return json.dumps(value)


def toml_table(name: str, table: Mapping[str, Any]) -> str:
    return f"[[{name}]]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in table.items())


def policy_toml(case: Case) -> str:
    out = ""
    for kind, rules in (("block", case.blocks), ("watch", case.watches)):
        for rule in rules:
            own = {**rule, "id": case.policy(rule["id"])}
            exceptions = own.pop("exception", [])
            for key in ("agencies", "except_agencies"):
                if key in own:
                    own[key] = [case.own(agency) for agency in own[key]]
            out += toml_table(kind, own)
            for exception in exceptions:
                agencies = {"agencies": [case.own(a) for a in exception["agencies"]]} if "agencies" in exception else {}
                out += toml_table("block.exception", {**exception, **agencies})
    return out


def agencies_toml(case: Case) -> str:
    out = ""
    for name in [*TREE, *(name for name in case.tree if name not in TREE)]:
        table = {"parent": TREE.get(name, ""), **case.tree.get(name, {})}
        parent = table.pop("parent")
        out += toml_table("agency", {"id": case.own(name), **({"parent": case.own(parent)} if parent else {}), **table})
    for pattern, agency in case.patterns:
        out += toml_table("pattern", {"pattern": pattern, "agency": case.own(agency)})
    return out


def event_of(case: Case, index: int) -> Dict[str, Any]:
    query = case.queries[index]
    return {
        "id": f"{case.number}-{index}",
        "time": query.time,
        "message_key": "DQ",
        "origin": {"ori": ori_of(case, index)},
        "destinations": list(query.to),
        **query.more,
    }


class Counted:
    """Every case in one state, and what the oracle says of the same files."""

    def __init__(self, folder, bin_dir):
        (folder / "data").mkdir()
        paths = {name: folder / name for name in ("policy.toml", "agencies.toml", "oris.csv")}
        paths["policy.toml"].write_text("".join(policy_toml(case) for case in CASES))
        region = toml_table("region", {"code": REGION[0], "members": list(REGION[1])})
        paths["agencies.toml"].write_text("".join(agencies_toml(case) for case in CASES) + region)
        rows = ["ori,agency,name,type,status,line,state,valid_from,valid_to,tags"]
        inputs = []
        for case in CASES:
            inputs.append(folder / f"data/p{case.number}.ndjson")
            lines = [json.dumps(event_of(case, index)) for index in range(len(case.queries))]
            inputs[-1].write_text("\n".join(lines) + "\n")
            rows += [f"{ori_of(case, i)},{case.own(q.asker)},,,,,VT,,," for i, q in enumerate(case.queries) if q.asker]
        paths["oris.csv"].write_text("\n".join(rows) + "\n")
        policy, agencies, oris = paths.values()
        self.world = World(folder / "world", bin_dir, policy=policy, agencies=agencies, oris=oris)
        self.world.replay("--as-of", AS_OF, *(word for path in inputs for word in ("--input", path)))
        self.oracle = Oracle(str(policy), str(agencies), str(oris), parse_time(AS_OF)).run(str(folder / "data"))
        self.rows: Dict[Tuple[str, str], Dict[str, Any]] = {}
        for row in self.report("--from", "2016-12-01", "--to", "2027-01-01", "--by", "ori,jurisdiction,verdict,agency"):
            assert (row["ori"], row["jurisdiction"]) not in self.rows
            self.rows[row["ori"], row["jurisdiction"]] = row
        self.rejects = {
            (r["partition"], r["offset"]): r["reason"]
            for r in json.loads(self.world.cli("rejects", "--state-dir", self.world.state, "--format", "json"))["rejects"]
        }
        self.partitions = {p["partition"]: p for p in self.world.completeness()["partitions"]}
        self.incidents = self.world.incidents()

    def report(self, *words: str) -> List[Dict[str, Any]]:
        made = self.world.cli("report", "--state-dir", self.world.state, *words, "--format", "json")
        return json.loads(made)["rows"]


@pytest.fixture(scope="module")
def counted(tmp_path_factory, bin_dir):
    return Counted(tmp_path_factory.mktemp("sentences"), bin_dir)


def incidents_of(case: Case, incidents: Sequence[Mapping[str, Any]]) -> List[Incident]:
    """Those of its agencies or policies, named as the case names them."""
    mark = f"c{case.number}-"
    out = []
    for i in incidents:
        if i["policy"].startswith(mark) or i["agency"].startswith(mark):
            names = [i[key].removeprefix(mark) for key in ("policy", "jurisdiction", "agency")]
            out.append((i["kind"], *names, i["day"], i["count"]))
    return sorted(out)


@pytest.mark.parametrize("case", CASES, ids=[case.sentence for case in CASES])
def test_sentence(case, counted):
    verdicts = {}
    for v in counted.oracle.verdicts():
        verdicts.setdefault((v["partition"], v["offset"]), {})[v["jurisdiction"]] = v["verdict"]
    for index, query in enumerate(case.queries):
        place = case.number, index
        if query.want in REASONS:
            assert counted.rejects.get(place) == query.want, query
            assert counted.oracle.status[place] == query.want, query
            continue
        want = states_of(query)
        assert verdicts.get(place, {}) == want, f"the oracle, of {query}"
        rows = {j: row for (ori, j), row in counted.rows.items() if ori == ori_of(case, index)}
        assert {j: row["verdict"] for j, row in rows.items()} == want, query
        for row in rows.values():
            assert row["requests"] == 1
            assert row["leaks"] == (row["blocked"] and row["answered"])
    partition = counted.partitions[case.number]
    assert partition["quality"]["late"] == case.late
    assert partition["rejected"] == sum(query.want in REASONS for query in case.queries)
    if case.incidents is not None:
        want = sorted(case.incidents)
        assert incidents_of(case, counted.oracle.incident_list()) == want, "the oracle"
        assert incidents_of(case, counted.incidents) == want


def test_all_incidents_and_their_notifications_are_the_oracles(counted):
    want = [comparable(i, positions=True) for i in counted.oracle.incident_list()]
    assert [comparable(i, positions=True) for i in counted.incidents] == want


def test_chicagos_days_are_cut_where_its_clocks_say(counted):
    rows = counted.report("--from", "2025-03-08", "--to", "2025-11-05", "--zone", "America/Chicago",
                          "--agency", CHICAGO.own("ice"), "--by", "agency,day")  # fmt: skip
    assert {(row["agency"], row["day"]): row["requests"] for row in rows} == {
        (CHICAGO.own("hsi"), "2025-11-01"): 1,
        (CHICAGO.own("hsi"), "2025-11-02"): 4,
        (CHICAGO.own("hsi"), "2025-11-03"): 1,
        (CHICAGO.own("ice"), "2025-03-08"): 1,
        (CHICAGO.own("ice"), "2025-03-09"): 2,
        (CHICAGO.own("ice"), "2025-03-10"): 1,
    }
    utc = counted.report("--from", "2025-11-01", "--to", "2025-11-05", "--agency", CHICAGO.own("hsi"), "--by", "day")
    assert {row["day"]: row["requests"] for row in utc} == {"2025-11-02": 4, "2025-11-03": 2}


def test_explain_says_of_each_kind_of_verdict_what_was_counted(counted, tmp_path):
    """One query of each verdict and fate, and a broadcast."""
    chosen: Dict[str, Tuple[Case, int]] = {}
    for case in CASES:
        for index, query in enumerate(case.queries):
            wanted = query.want if query.want in REASONS else " ".join(sorted(set(states_of(query).values())))
            chosen.setdefault(wanted, (case, index))
    assert {"blocked", "gap", "excepted", "watched", "shadow", "none", "future_time"} <= set(chosen)
    event = tmp_path / "event.json"
    for case, index in chosen.values():
        event.write_text(json.dumps(event_of(case, index), indent=1))
        words = ["--config", counted.world.config, "--event", event, "--as-of", AS_OF, "--format", "json"]
        said = json.loads(counted.world.cli("explain", *words))
        query = case.queries[index]
        if query.want in REASONS:
            assert (said["fate"], said["reason"], said["field"]) == ("rejected", query.want, "time")
            continue
        assert {j["jurisdiction"]: j["verdict"] for j in said["jurisdictions"] if j["verdict"]} == states_of(query)
        rows = [row for (ori, _), row in counted.rows.items() if ori == ori_of(case, index)]
        assert all(row["agency"] == said["asker"]["agency"] for row in rows)
