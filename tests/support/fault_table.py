#!/usr/bin/python3
"""The table of docs/RELIABILITY.md, from what the tests say of themselves: fault, injected how, seen what, how often.

Without words prints it; --write puts it into the document. Python tests carry the mark `fault` (tests/support/faults.py),
C++ tests a line `// Fault ROW: WHAT | INJECTED | SEEN | HOW OFTEN`.
"""

import ast
import pathlib
import re
import sys
from typing import Dict, Iterator, List, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/RELIABILITY.md"
BEGIN, END = "<!-- from the tests: tests/support/fault_table.py -->\n", "<!-- end -->\n"


class Row(NamedTuple):
    number: int
    what: str
    injected: str
    seen: str
    often: str
    where: str


def often(short: int, long: int) -> str:
    times = lambda n: f"{n} time" + "s" * (n != 1)
    if short == long:
        return times(short)
    return f"{times(short)}; {long} with `--long`" if short else f"{times(long)} with `--long`"


def rows_of_python(path: pathlib.Path) -> Iterator[Row]:
    for node in ast.walk(ast.parse(path.read_text())):
        for mark in getattr(node, "decorator_list", []):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
                said: Dict[str, object] = {word.arg: ast.literal_eval(word.value) for word in mark.keywords}
                short = said.get("short", 1)
                how_often = said.get("often") or often(short, said.get("long", short))
                yield Row(said["row"], said["what"], said["injected"], said["seen"], how_often, str(path.relative_to(ROOT)))


def rows_of_cxx(path: pathlib.Path) -> Iterator[Row]:
    for number, said in re.findall(r"^// Fault (\d+): (.*(?:\n// .*)*)", path.read_text(), re.M):
        what, injected, seen, how_often = (cell.strip() for cell in said.replace("\n// ", " ").split("|"))
        yield Row(int(number), what, injected, seen, how_often, str(path.relative_to(ROOT)))


def rows() -> List[Row]:
    found = [row for path in ROOT.glob("tests/**/test_*.py") for row in rows_of_python(path)]
    found += [row for path in ROOT.glob("tests/**/*_test.cc") for row in rows_of_cxx(path)]
    return sorted(found)


def table() -> str:
    lines = ["| fault | injected how | seen | how often | test |", "|---|---|---|---|---|"]
    lines += [f"| {r.number}: {r.what} | {r.injected} | {r.seen} | {r.often} | `{r.where}` |" for r in rows()]
    return "\n".join(lines) + "\n"


def with_table(document: str) -> str:
    before, rest = document.split(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text()))
    else:
        sys.stdout.write(table())
