#!/usr/bin/python3
"""Prints what `./dev test` ran: a table of suites, then 'N passed, N failed'.

Reads suites.tsv (name, kind, begin and end in seconds, exit status: a line a suite; some run side by side) and NAME.xml (JUnit) of a log folder.
Exits 0 only if every suite that was begun passed, something ran, and nothing was skipped: a test that a
machine cannot run is a gap in what was shown, not a success.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple, Optional


class Counts(NamedTuple):
    passed: int
    failed: int
    skipped: int

    def __add__(self, other):
        return Counts(*(a + b for a, b in zip(self, other)))


def read_junit(path: pathlib.Path) -> Optional[Counts]:
    """Counts the test cases of a JUnit file one by one; None if there is no readable file."""
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        return None
    passed = failed = skipped = 0
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return Counts(passed, failed, skipped)


def count_suite(kind: str, status: int, junit: Optional[Counts]) -> Counts:
    """A suite without a JUnit file is one test. A bad exit that no test accounts for is one failure."""
    if kind == "build":
        return Counts(0, int(status != 0), 0)
    if junit is None:
        return Counts(int(status == 0), int(status != 0), 0)
    if junit.failed == 0 and (status != 0 or junit.passed + junit.skipped == 0):
        return junit + Counts(0, 1, 0)
    return junit


def main(folder: pathlib.Path) -> int:
    rows = []
    total, begins, ends = Counts(0, 0, 0), [], []
    for line in (folder / "suites.tsv").read_text().splitlines():
        name, kind, begin, end, status = line.split("\t")
        counts = count_suite(kind, int(status), read_junit(folder / f"{name}.xml"))
        begins.append(int(begin))
        ends.append(int(end))
        rows.append((name, int(end) - int(begin), counts))
        total += counts
    rows.append(("total", max(ends) - min(begins), total))

    print(f"\n{'suite':<16}{'minutes':>9}{'passed':>9}{'failed':>9}{'skipped':>9}")
    for name, seconds, counts in rows:
        print(f"{name:<16}{seconds / 60:>9.1f}{counts.passed:>9}{counts.failed:>9}{counts.skipped:>9}")
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"\n{total.passed} passed, {total.failed} failed{skipped}")
    return 0 if total.passed and not total.failed and not total.skipped else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
