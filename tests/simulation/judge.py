"""The oracle on what a simulated state has counted, and the comparison with what that state says."""

import json
import pathlib
from typing import Any, Dict, List, Optional, Tuple

from oracle.oracle import Catalog, Oracle, PolicyFile, Versions, duration, incident_id, notification_id
from property.compare import TOPIC
from support.product import assert_same, comparable

OF_THE_LOG = ("data_gap", "feed_gap")  # of the wall clock: the oracle knows nothing of them
OBSERVATIONS = ["ori", "agency", "jurisdiction", "class", "channel", "outcome", "verdict", "day"]
MESSAGES = ["agency", "class", "day"]


class World:
    """One world folder (world.h), read once for many schedules."""

    def __init__(self, folder: pathlib.Path):
        figures = json.loads((folder / "world.json").read_text())
        self.lateness, self.window = duration(figures["lateness"]), duration(figures["window"])
        self.policies = [PolicyFile((folder / f"policy-{n}.toml").read_bytes()) for n in range(figures["policies"])]
        self.catalogs = [
            Catalog((folder / f"agencies-{n}.toml").read_bytes(), (folder / f"oris-{n}.csv").read_bytes())
            for n in range(figures["catalogs"])
        ]
        for policy in self.policies:  # the terms of an exception are looked up in all that is compiled
            for catalog in self.catalogs:
                policy.under(catalog)
        self.pools = [(folder / f"p{n}.ndjson").read_bytes().split(b"\n") for n in range(figures["partitions"])]


def versions_of(entries: List[Tuple[int, Optional[int]]], things: list) -> Versions:
    """Of several that were activated at the same time only the last was ever in force."""
    last = {since: things[number] for number, since in entries}
    return Versions(list(last.items()))


class Truth:
    """What the oracle says of the records that a state has counted."""

    def __init__(self, world: World, state: Dict[str, Any]):
        versions = versions_of(state["policies"], world.policies), versions_of(state["catalogs"], world.catalogs)
        self.oracle = Oracle(as_of=0, topic=TOPIC, dedup=world.window, lateness=world.lateness, versions=versions)
        self.offsets: Dict[int, List[int]] = {}  # the oracle numbers records from 0 without holes
        for partition, records in enumerate(state["records"]):
            if not records:
                continue
            self.offsets[partition] = [offset for _, offset, _ in records]
            pool = world.pools[partition]
            self.oracle.partition(partition, [pool[n] for n, _, _ in records], [ms * 10**6 for _, _, ms in records])
        self.oracle.exceeded()

    def moved(self, place: Dict[str, Any]) -> Dict[str, Any]:
        return {**place, "offset": self.offsets[place["partition"]][place["offset"]]}

    def completeness(self) -> List[Dict[str, Any]]:
        return [without(p, "ranges", "gaps") for p in self.oracle.completeness()["partitions"]]

    def incidents(self) -> List[Dict[str, Any]]:
        found = [comparable(i, positions=True) for i in self.oracle.incident_list()]
        return [{**i, "first": self.moved(i["first"]), "last": self.moved(i["last"])} for i in found]

    def rejects(self) -> List[Dict[str, Any]]:
        return sorted((self.moved(r) for r in self.oracle.rejects()), key=place_of)


def without(row: Dict[str, Any], *names: str) -> Dict[str, Any]:
    return {k: v for k, v in row.items() if k not in names}


def place_of(row: Dict[str, Any]) -> Tuple[int, int]:
    return row["partition"], row["offset"]


def not_closed(incident: Dict[str, Any]) -> Dict[str, Any]:
    """When an incident is closed is a matter of the clocks; that it is once at most, of the state."""
    milestones = [m for _, m in incident["notifications"]]
    assert len(set(milestones)) == len(milestones), f"incident: a milestone twice: {incident}"
    return {**incident, "notifications": [(i, m) for i, m in incident["notifications"] if m != "closed"]}


def check_own_ids(incident: Dict[str, Any]) -> None:
    key = [incident[k] for k in ("kind", "policy", "jurisdiction", "agency", "day")]
    assert incident["incident"] == incident_id(*key), f"incident: the id is not that of its parts: {incident}"
    for n in incident["notifications"]:
        assert n["id"] == notification_id(incident["incident"], n["milestone"]), f"incident: a notification's id: {incident}"


def compare_incidents(state: Dict[str, Any], truth: Truth) -> None:
    listed = state["incidents"]["incidents"]
    for incident in listed:
        check_own_ids(incident)
    got = [not_closed(comparable(i, positions=True)) for i in listed if i["kind"] not in OF_THE_LOG]
    assert_same("incident", got, [not_closed(i) for i in truth.incidents()])


def compare_report(state: Dict[str, Any], truth: Truth, name: str, **words: Any) -> None:
    got = state[name]
    want = truth.oracle.report(start=got["from"], end=got["to"], rollup=True, **words)
    assert_same(f"{name} row", got["rows"], want["rows"])
    for key in ("totals", "rollup", "by", "unit"):
        assert got[key] == want[key], f"{name}: {key} is\n{got[key]}\nand the oracle says\n{want[key]}"
    for key in ("event_time_max", "policy", "catalog"):
        assert got["as_of"][key] == want["as_of"][key], f"{name}: as_of.{key} is {got['as_of'][key]}, the oracle: {want['as_of'][key]}"


def compare(world: World, state: Dict[str, Any]) -> None:
    """AssertionError: the first difference, or a fault that the simulation has seen itself."""
    assert not state["fault"], state["fault"]
    if not state["policies"]:
        assert not any(state["records"]), "records were counted under no policy"
        return
    truth = Truth(world, state)
    got = [without(p, "ranges", "gaps") for p in state["completeness"]["partitions"] if p["consumed"]]
    assert_same("completeness", got, truth.completeness())
    rejects = sorted((without(r, "hash") for r in state["rejects"]["rejects"]), key=place_of)
    assert_same("reject", rejects, truth.rejects())
    compare_incidents(state, truth)
    compare_report(state, truth, "report", by=OBSERVATIONS)
    compare_report(state, truth, "messages", by=MESSAGES, unit="messages")
