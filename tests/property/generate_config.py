"""Random catalogs and policies: every feature of the two files, with dates taken from a few moments that the events are
made to hit as well.

Left out, since the product refuses them and the oracle does not: a state outside the 56, carve-outs that leave nobody,
empty spans, small letters in purposes and line codes, an empty region, a line code given twice.
"""

import dataclasses
import random
from typing import Any, Dict, List, Optional

from oracle.oracle import DAY, HOUR, MINUTE, RESERVED, SEC, STATES, days_of, fmt_time

from property.world import Catalog, Literal, Policy

NODES = ["ice", "hsi", "ero", "cbp", "dhs", "büro", "local_IL", "Zoll", "z9", "irs", "usss", "a b"]
PREFIXES = ["IL", "NY", "VT", "NB", "DC", "TX", "CA", "ZZ", "MN", "ON"]
CHANNELS = ["nlets", "ncic.x", "web_1", "unknown", "a-b"]
DMV = ["driver_license", "driver_history", "registration"]
PURPOSES = ["C", "E", "F", "J1"]


@dataclasses.dataclass
class Scene:
    """What catalog, policy and events of a world have in common."""

    rng: random.Random
    base: int  # a UTC midnight
    days: int
    moments: List[int]  # dates in the files are taken from these; so are event times
    focus: List[str]  # jurisdictions that most is about

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def some(self, values, most: int) -> list:
        return self.rng.sample(list(values), self.rng.randint(1, min(most, len(values))))


def make_scene(rng: random.Random) -> Scene:
    base = (days_of(2025, 1, 1) + rng.randrange(330)) * DAY
    days = rng.choice((2, 4, 7, 12))
    moments = [base + rng.randrange(days + 1) * DAY for _ in range(3)]
    for unit in (HOUR, MINUTE, SEC, SEC, 1000, 1):
        moments.append(base + rng.randrange(days * DAY // unit) * unit)
    focus = rng.sample(["IL", "NY", "MA", "MN", "NE", "GU", "DC", "TX"], 4) + [rng.choice(STATES)]
    return Scene(rng, base, days, sorted(moments), focus)


def shifted(ns: int, minutes: int) -> str:
    """An instant as RFC 3339 with that offset."""
    sign, rest = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return fmt_time(ns + minutes * MINUTE)[:-1] + f"{sign}{rest // 60:02}:{rest % 60:02}"


def date_text(scene: Scene, ns: int, *, toml: bool) -> str:
    """An instant as the files may give it. TOML's own times are read to the microsecond, texts to the nanosecond."""
    if ns % DAY == 0 and scene.chance(0.5):
        text = fmt_time(ns)[:10]
    elif scene.chance(0.4):
        text = shifted(ns, scene.rng.choice((-360, -300, 0, 345, 840)))
    else:
        text = fmt_time(ns)
    return Literal(text) if toml and ns % 1000 == 0 and scene.chance(0.7) else text


def span(scene: Scene, *, open_share: float = 0.3):
    """Two moments in order, either may be open."""
    a, b = sorted(scene.rng.sample(scene.moments, 2))
    if a == b:
        b += 1
    return (None if scene.chance(open_share) else a), (None if scene.chance(open_share) else b)


# ------------------------------------------------------------------ catalog
def ori_name(scene: Scene) -> str:
    rng = scene.rng
    prefix = rng.choice([*PREFIXES, *scene.focus])
    return prefix + rng.choice(("PD", "ICE", "SO", "IN", "HSI"))[: rng.choice((2, 3))].ljust(2, "X") + "".join(
        rng.choice("0001IO29A") for _ in range(7)
    )


def fitted(text: str) -> str:
    return text[:9].ljust(9, "0")


def make_agencies(scene: Scene) -> List[Dict[str, Any]]:
    rng, agencies = scene.rng, []
    for name in rng.sample(NODES, rng.randint(3, 9)):
        agency: Dict[str, Any] = {"id": name}
        if agencies and scene.chance(0.65):
            parent = rng.choice(agencies)
            agency["parent"] = rng.choice([parent["id"], *parent.get("aliases", [])])
        if scene.chance(0.3):
            agency["name"] = "Office of " + name
        if scene.chance(0.3):
            agency["aliases"] = [f"{name}-{n}" for n in range(rng.randint(1, 2))]
        if scene.chance(0.3):
            start, end = span(scene)
            agency["valid_from"] = start and date_text(scene, start, toml=True)
            agency["valid_to"] = end and date_text(scene, end, toml=True)
        if scene.chance(0.2):
            agency["tags"] = ["example"]
        agencies.append(agency)
    rng.shuffle(agencies)  # a parent may stand after its child
    return agencies


def names_of(agencies) -> List[str]:
    return [name for a in agencies for name in (a["id"], *a.get("aliases", []))]


def make_oris(scene: Scene, names: List[str], lines: List[str]) -> List[Dict[str, str]]:
    rng, rows = scene.rng, []

    def row(ori, start, end):
        rows.append({
            "ori": ori, "agency": rng.choice(names) if scene.chance(0.8) else rng.choice(("", "", rng.choice(RESERVED))),
            "name": rng.choice(("", "Some office", 'A "quoted", name')), "type": rng.choice(("", "", "", "PD", "FE", "JF")),
            "status": rng.choice(("", "active", "active", "inactive", "retired")), "line": rng.choice(("", "", *lines, "QQ")),
            "state": rng.choice(("", *scene.focus)), "valid_from": date_text(scene, start, toml=False) if start else "",
            "valid_to": date_text(scene, end, toml=False) if end else "",
            "tags": rng.choice(("", "", "", "", "a;b", "x;shared")),
        })  # fmt: skip

    for ori in dict.fromkeys(fitted(ori_name(scene)) for _ in range(rng.randint(4, 14))):
        if scene.chance(0.6):
            row(ori, None, None)
            continue
        start, end = span(scene)
        row(ori, start, end)
        if end is not None and scene.chance(0.6):  # the next row begins where this one ends, or later
            later = [m for m in scene.moments if m > end]
            row(ori, rng.choice([end, *later]), None)
    rng.shuffle(rows)
    if rows and scene.chance(0.3):
        rows[0]["ori"] = " " + rows[0]["ori"].lower() + " "
    return rows


def make_patterns(scene: Scene, names, oris) -> List[Dict[str, str]]:
    rng, patterns = scene.rng, {}
    for _ in range(rng.choice((0, 1, 2, 5))):
        text = rng.choice(oris)["ori"].strip().upper() if oris and scene.chance(0.7) else fitted(ori_name(scene))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text))
            text = text[:at] + "?" + text[at + 1 :]
        form = rng.randrange(4)
        if form == 1:
            text = text[: rng.randint(2, 5)] + "*"
        elif form == 2:
            text = "*" + text[rng.randint(2, 5) : 8] + "*"
        elif form == 3:
            text = text[:3] + "*" + text[-2:]
        for agency in scene.some(names, 2):  # several agencies may share a pattern, one agency may not give it twice
            patterns[text, agency.split("-")[0]] = {"pattern": text, "agency": agency}
    return list(patterns.values())


def make_catalog(scene: Scene) -> Catalog:
    rng = scene.rng
    agencies = make_agencies(scene)
    names = names_of(agencies)
    codes = rng.sample(["AX", "Q7", "LN1", "F", "ON"], rng.randint(0, 3))
    oris = make_oris(scene, names, codes)
    regions = [
        {"code": code, "members": scene.some([*scene.focus, *rng.sample(STATES, 3)], 6)}
        for code in rng.sample(["R1", "MIDW", "NB", "EST", "AB"], rng.randint(0, 3))
    ]
    if scene.chance(0.15):
        regions.append({"code": "NL", "members": scene.some(STATES, 10)})
    lines = [{"code": code, "agency": rng.choice(names)} for code in codes]
    return Catalog(agencies, make_patterns(scene, names, oris), lines, regions, oris)


def next_catalog(scene: Scene, old: Catalog, activated_at: int) -> Catalog:
    """Another version with the same names, so that every policy fits it."""
    new = make_catalog(scene)
    names = names_of(old.agencies)
    agencies = [{**a} for a in old.agencies]
    for agency in agencies:
        if scene.chance(0.3):
            agency.pop("parent", None)
        if scene.chance(0.3):
            start, end = span(scene)
            agency["valid_from"] = start and date_text(scene, start, toml=True)
            agency["valid_to"] = end and date_text(scene, end, toml=True)
    kept = [r for r in old.oris if scene.chance(0.7)]
    taken = {r["ori"].strip().upper() for r in kept}
    added = [{**r, "agency": scene.rng.choice(names)} for r in new.oris if r["ori"].strip().upper() not in taken]
    oris = [*kept, *added]
    regions = new.regions if scene.chance(0.5) else old.regions
    return Catalog(agencies, make_patterns(scene, names, oris), old.lines, regions, oris, activated_at)


# ------------------------------------------------------------------ policy
def parents_of(catalog: Catalog):
    """Id -> id of its parent, and id or alias -> id."""
    ids = {name: a["id"] for a in catalog.agencies for name in (a["id"], *a.get("aliases", []))}
    return {a["id"]: ids.get(a.get("parent")) for a in catalog.agencies}, ids


def covers_nobody(rule: Dict[str, Any], catalog: Catalog) -> bool:
    parents, ids = parents_of(catalog)
    carved = {ids.get(n, n) for n in rule.get("except_agencies", [])}

    def inside(name):
        at = ids.get(name, name)
        while at is not None and at not in carved:
            at = parents.get(at)
        return at is not None

    return all(inside(name) for name in rule["agencies"])


def make_exceptions(scene: Scene, names) -> List[Dict[str, Any]]:
    rng, out = scene.rng, []
    for n in range(rng.choice((0, 0, 1, 1, 2, 3))):
        exception: Dict[str, Any] = {"reference": f"case {n}/é"}
        if scene.chance(0.4):
            exception["agencies"] = scene.some(names, 2)
        if scene.chance(0.5):
            exception["purposes"] = scene.some(PURPOSES, 2)
        if scene.chance(0.5):
            start, end = span(scene)
            exception["starts_at"] = start and date_text(scene, start, toml=True)
            exception["expires_at"] = end and date_text(scene, end, toml=True)
        if scene.chance(0.6):
            exception["max_uses"] = rng.choice((0, 1, 2, 5))
        out.append(exception)
    return out


def make_rule(scene: Scene, number: int, names: List[str], catalogs: List[Catalog]) -> Dict[str, Any]:
    rng = scene.rng
    watch = scene.chance(0.25)
    rule: Dict[str, Any] = {
        "kind": "watch" if watch else "block",
        "id": f"{rng.choice(('il-ice', 'r', 'Ü'))}-{number}",
        "jurisdictions": ["*"] if scene.chance(0.25) else scene.some(scene.focus, 3),
        "agencies": scene.some([*names, *names, *RESERVED], 4),
    }
    if scene.chance(0.3):
        rule["except_agencies"] = scene.some(names, 2)
        if any(covers_nobody(rule, c) for c in catalogs):
            del rule["except_agencies"]
    if scene.chance(0.45):
        rule["classes"] = scene.some([*DMV, "other", "other", "photo"], 3)
        rule["classes"] = list(dict.fromkeys(rule["classes"]))
    if scene.chance(0.2):
        rule["channels"] = [rng.choice((c, c.upper())) for c in scene.some(CHANNELS, 2)]
    dates = sorted(rng.choice(scene.moments) for _ in range(3))
    if not watch and scene.chance(0.5):
        dates = sorted([scene.base - rng.randrange(1, 400) * DAY, *dates[:2]])  # in force for most of the events
    keys = ["ordered_at", "enforce_from", "ends_at"]
    for key, ns in zip(keys, dates):
        needed = key == "enforce_from" and not watch
        if needed or scene.chance(0.5 if key != "ends_at" else 0.35):
            rule[key] = date_text(scene, ns, toml=True)
    if watch and scene.chance(0.2) and {"ordered_at", "enforce_from"} <= rule.keys() and "ends_at" not in rule:
        rule["ordered_at"], rule["enforce_from"] = rule["enforce_from"], rule["ordered_at"]
    if scene.chance(0.3):
        rule["authority"] = "text of the order"
    if not watch:
        if scene.chance(0.3):
            rule["mode"] = rng.choice(("shadow", "shadow", "enforce"))
        rule["exception"] = make_exceptions(scene, names)
    return rule


def make_policy(scene: Scene, catalogs: List[Catalog], activated_at: Optional[int] = None) -> Policy:
    names = names_of(catalogs[0].agencies)
    rules = [make_rule(scene, n, names, catalogs) for n in range(scene.rng.choice((1, 2, 3, 5, 8)))]
    # Blocks stand before watches in the oracle's order whatever the file's, so the file may mix them.
    return Policy(rules, activated_at)


def make_versions(scene: Scene):
    """Catalogs and policies; in two worlds of three with later versions."""
    catalogs = [make_catalog(scene)]
    if scene.chance(0.3):
        return catalogs, [make_policy(scene, catalogs)]
    minutes = sorted({m // MINUTE * MINUTE for m in scene.moments})
    if scene.chance(0.5):
        catalogs.append(next_catalog(scene, catalogs[0], scene.rng.choice(minutes)))
    policies = [make_policy(scene, catalogs)]
    for since in sorted(scene.rng.sample(minutes, scene.rng.randint(1, 2))):
        policies.append(make_policy(scene, catalogs, since))
        for new in policies[-1].rules:  # a block goes on, so that its exceptions do
            old = scene.rng.choice(policies[-2].rules)
            same_kind = [r for r in policies[-1].rules if r["id"] == old["id"]]
            if not same_kind and scene.chance(0.5):
                new["id"] = old["id"]
    return catalogs, policies
