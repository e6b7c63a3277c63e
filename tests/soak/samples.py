"""What a daemon holds over one life: samples, a line through their level, and whether that is flat.

The level is taken of each slice of time. Of descriptors and threads it is the least: what is held for a moment (a second client while
the first closes) does not raise it, what is never given back does. Of memory it is the median: write buffers fill and are flushed,
100 MiB up and down, and the least says no more than whether a slice had one that was just empty. A short soak finds what leaks with
each fault; what leaks with each event takes a long one. So in a short one memory only has to stay below a bound.
"""

import math
import pathlib
import statistics
import threading
import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Tuple

from support import proc

INTERVAL_SECONDS = 0.25
WARM_UP_SHARE_MAX = 0.67  # of the life
SLICES = 8  # of what counts


class Kind(NamedTuple):
    name: str
    growth_max: float  # of the level, over the samples that count; infinite: only shown
    warm_up_seconds: float = 10
    level: Callable[[Iterable[float]], float] = min  # of a slice


# The files of the state are as many as its tables, which become more with what was counted, up to a bound.
MEMORY = Kind("memory, MiB", 32, 90, statistics.median)  # so long caches and write buffers fill
# A client that is left behind has at least 3 threads and 6 descriptors, and one would be with each fault.
KINDS = (MEMORY, Kind("descriptors", 16), Kind("files of the state", math.inf), Kind("threads", 8))
MEMORY_MIB_MAX = 512
LONG_SECONDS = 300  # of samples that count: from then on memory has to be flat


class Line(NamedTuple):
    """Least squares."""

    per_second: float
    seconds: float

    @property
    def growth(self) -> float:
        return self.per_second * self.seconds


def line_through(points: List[Tuple[float, float]]) -> Line:
    times, values = [t for t, _ in points], [v for _, v in points]
    mean_t, mean_v = sum(times) / len(points), sum(values) / len(points)
    spread = sum((t - mean_t) ** 2 for t in times)
    slope = sum((t - mean_t) * (v - mean_v) for t, v in points) / spread if spread else 0.0
    return Line(slope, max(times) - min(times))


class Samples:
    """Taken by a thread of its own from begin() to end()."""

    def __init__(self) -> None:
        self._points: Dict[str, List[Tuple[float, float]]] = {kind.name: [] for kind in KINDS}
        self._end = threading.Event()

    def begin(self, pid: int, state: pathlib.Path) -> None:
        self._thread = threading.Thread(target=self._run, args=(pid, str(state)), name="samples", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._end.set()
        self._thread.join(10)

    def _run(self, pid: int, state: str) -> None:
        while not self._end.wait(INTERVAL_SECONDS):
            now = time.monotonic()
            opened = proc.descriptors(pid)
            of_state = sum(what.startswith(state) for what in opened)
            seen = (proc.memory_bytes(pid) / (1 << 20), len(opened) - of_state, of_state, proc.threads(pid))
            for kind, value in zip(KINDS, seen):
                self._points[kind.name].append((now, value))

    def _counting(self, kind: Kind) -> List[Tuple[float, float]]:
        """Those after the warm-up."""
        points = self._points[kind.name]
        first, last = points[0][0], points[-1][0]
        begin = first + min(kind.warm_up_seconds, WARM_UP_SHARE_MAX * (last - first))
        return [point for point in points if point[0] >= begin]

    def _levels(self, kind: Kind) -> List[Tuple[float, float]]:
        points = self._counting(kind)
        slices = [points[i * len(points) // SLICES : (i + 1) * len(points) // SLICES] for i in range(SLICES)]
        return [(one[len(one) // 2][0], kind.level([value for _, value in one])) for one in slices]

    def table(self) -> str:
        rows = [f"{'':<18} {'samples':>8} {'least':>8} {'mean':>8} {'most':>8} {'level at first':>15} {'at last':>8} {'slope an hour':>14}"]
        for kind in KINDS:
            values = [value for _, value in self._counting(kind)]
            levels = self._levels(kind)
            rows.append(
                f"{kind.name:<18} {len(values):>8} {min(values):>8.0f} {sum(values) / len(values):>8.0f} {max(values):>8.0f} "
                f"{levels[0][1]:>15.0f} {levels[-1][1]:>8.0f} {line_through(levels).per_second * 3600:>+14.1f}"
            )
        return "\n".join(rows)

    def not_flat(self) -> List[str]:
        """What grew, in words."""
        grown = []
        for kind in KINDS:
            line = line_through(self._levels(kind))
            if kind is MEMORY and line.seconds < LONG_SECONDS:
                most = max(value for _, value in self._points[kind.name])
                if most > MEMORY_MIB_MAX:
                    grown.append(f"{kind.name}: {most:.0f}, where {MEMORY_MIB_MAX} are allowed")
            elif line.growth > kind.growth_max:
                grown.append(f"{kind.name}: {line.growth:+.0f} in {line.seconds:.0f} s, where {kind.growth_max:.0f} are allowed")
        return grown
