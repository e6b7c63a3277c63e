"""A small world as data: catalog, policy, records, questions; written to files, and taken apart by the shrinker."""

import copy
import dataclasses
import json
import pathlib
import shutil
from typing import Any, Dict, List, Optional

from oracle.oracle import fmt_time

ORI_COLUMNS = ("ori", "agency", "name", "type", "status", "line", "state", "valid_from", "valid_to", "tags")


class Literal(str):
    """TOML that stands without quotes: a time or a date."""


@dataclasses.dataclass
class Catalog:
    agencies: List[Dict[str, Any]]
    patterns: List[Dict[str, Any]]
    lines: List[Dict[str, Any]]
    regions: List[Dict[str, Any]]
    oris: List[Dict[str, str]]
    activated_at: Optional[int] = None  # nanoseconds since 1970; None: the first

    def agencies_text(self) -> str:
        tables = (("agency", self.agencies), ("pattern", self.patterns), ("line", self.lines), ("region", self.regions))
        return "".join(toml_table(name, table) for name, rows in tables for table in rows)

    def oris_text(self) -> str:
        rows = [",".join(csv_cell(row.get(c, "")) for c in ORI_COLUMNS) for row in self.oris]
        return "\n".join([",".join(ORI_COLUMNS), *rows]) + "\n"


@dataclasses.dataclass
class Policy:
    rules: List[Dict[str, Any]]  # "kind" is block or watch, "exception" a list of tables
    activated_at: Optional[int] = None

    def text(self) -> str:
        out = ""
        for rule in self.rules:
            out += toml_table(rule["kind"], {k: v for k, v in rule.items() if k not in ("kind", "exception")})
            out += "".join(toml_table("block.exception", e) for e in rule.get("exception", ()))
        return out


@dataclasses.dataclass
class World:
    seed: int
    catalogs: List[Catalog]
    policies: List[Policy]
    partitions: List[List[bytes]]  # a record a line
    questions: List[Dict[str, Any]]  # words of Oracle.report
    as_of: int
    lateness: str
    window: str

    def copy(self) -> "World":
        return copy.deepcopy(self)

    def has_history(self) -> bool:
        return len(self.catalogs) > 1 or len(self.policies) > 1

    def write(self, folder: pathlib.Path) -> None:
        """The newest versions as policy.toml, agencies.toml, oris.csv; all of them in history/ if there are several; the
        records in data/."""
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "data").mkdir(parents=True)
        (folder / "policy.toml").write_text(self.policies[-1].text())
        (folder / "agencies.toml").write_text(self.catalogs[-1].agencies_text())
        (folder / "oris.csv").write_text(self.catalogs[-1].oris_text())
        for n, records in enumerate(self.partitions):
            (folder / f"data/p{n}.ndjson").write_bytes(b"".join(r + b"\n" for r in records))
        (folder / "questions.json").write_text(json.dumps(self.questions, indent=1))
        if self.has_history():
            self._write_history(folder / "history")

    def _write_history(self, folder: pathlib.Path) -> None:
        folder.mkdir()
        history: Dict[str, List[Dict[str, str]]] = {"policies": [], "catalogs": []}

        def entry(kind, version, **files):
            since = {} if version.activated_at is None else {"activated_at": fmt_time(version.activated_at)}
            history[kind].append({**files, **since})

        for n, policy in enumerate(self.policies, 1):
            (folder / f"policy-{n}.toml").write_text(policy.text())
            entry("policies", policy, file=f"policy-{n}.toml")
        for n, catalog in enumerate(self.catalogs, 1):
            (folder / f"agencies-{n}.toml").write_text(catalog.agencies_text())
            (folder / f"oris-{n}.csv").write_text(catalog.oris_text())
            entry("catalogs", catalog, agencies=f"agencies-{n}.toml", oris=f"oris-{n}.csv")
        (folder / "history.json").write_text(json.dumps(history, indent=1))

    def shown(self) -> str:
        """All of it as text, for a failure message; what is long is cut."""
        out = [f"as of {fmt_time(self.as_of)}, lateness {self.lateness}, dedup window {self.window}"]
        for n, policy in enumerate(self.policies, 1):
            out.append(f"--- policy {n}, activated {policy.activated_at}\n{policy.text()}")
        for n, catalog in enumerate(self.catalogs, 1):
            out.append(f"--- catalog {n}, activated {catalog.activated_at}\n{catalog.agencies_text()}{catalog.oris_text()}")
        for n, records in enumerate(self.partitions):
            out += [f"--- p{n}.ndjson"] + [f"{r[:1500]!r}" for r in records[:40]]
        out += ["--- questions"] + [json.dumps(q) for q in self.questions]
        return "\n".join(out)


def toml_value(value: Any) -> str:
    if isinstance(value, Literal):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)  # a text or a whole number; these texts hold no control characters


def toml_table(name: str, table: Dict[str, Any]) -> str:
    return f"[[{name}]]\n" + "".join(f"{k} = {toml_value(v)}\n" for k, v in table.items() if v is not None) + "\n"


def csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"') else text
