"""What was measured: one run's figures, medians of several, and the goals that they are held against."""

import statistics
import sys
import time
from typing import Any, Dict, List, NamedTuple, Sequence

_START = time.monotonic()


def say(text: str) -> None:
    """What goes on now; the tables go to standard output."""
    print(f"[{time.monotonic() - _START:6.1f} s] {text}", file=sys.stderr, flush=True)


class Run(NamedTuple):
    """One program that went through `records` records once."""

    records: int
    seconds: float
    cpu_seconds: float
    rss_max_bytes: int
    bytes_written: int

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_seconds / self.records * 1e6

    @property
    def rss_mib(self) -> float:
        return self.rss_max_bytes / 2**20

    @property
    def written(self) -> float:
        """Bytes an event."""
        return self.bytes_written / self.records


class Spread(NamedTuple):
    """Of one figure over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int, scale: float = 1) -> str:
        return f"{self.median * scale:.{digits}f} [{self.low * scale:.{digits}f}..{self.high * scale:.{digits}f}]"


def ratio(over: Sequence[Run], under: Sequence[Run], what: str) -> Spread:
    """Of `what`, round by round, so that a slow minute of the machine strikes both sides."""
    return Spread.of([getattr(a, what) / getattr(b, what) for a, b in zip(over, under)])


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    ascending = sorted(values)
    return ascending[max(0, -(-int(share * 1000) * len(ascending) // 1000) - 1)]


class Goals:
    """The lines that the bench prints at its end."""

    def __init__(self) -> None:
        self._lines: List[Dict[str, Any]] = []

    def add(self, what: str, measured: float, *, at_least: float = None, at_most: float = None, digits: int = 2, note: str = "") -> None:
        goal, sign = (at_least, "≥") if at_least is not None else (at_most, "≤")
        reached = measured >= goal if at_least is not None else measured <= goal
        self._lines.append({"what": what, "measured": measured, "goal": f"{sign} {goal:g}", "reached": reached, "digits": digits,
                            "note": note})  # fmt: skip

    def as_json(self) -> List[Dict[str, Any]]:
        return [{k: v for k, v in line.items() if k != "digits"} for line in self._lines]

    def print(self) -> None:
        for line in self._lines:
            verdict = "reached" if line["reached"] else "NOT REACHED"
            note = f"  ({line['note']})" if line["note"] else ""
            print(f"{line['what']:<62} {line['measured']:>9.{line['digits']}f}  goal {line['goal']:<7} {verdict}{note}")


def print_rows(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print("\n" + title)
    for row in [head, *rows]:
        print("  ".join(f"{cell:<{w}}" if i == 0 else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(row, widths))))
    print(flush=True)
