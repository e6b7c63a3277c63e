"""A memory cgroup of a test's own, version 1 or 2, whichever the machine has: who asks for more than its limit is killed by
the kernel. Needs root."""

import os
import pathlib
import time
from typing import List

from support.processes import Argument


def _memory_controller() -> pathlib.Path:
    """Where groups with a memory limit are made."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, path, kind, options = line.split()[:4]
        folder = pathlib.Path(path)
        if kind == "cgroup" and "memory" in options.split(","):
            return folder
        if kind == "cgroup2" and "memory" in (folder / "cgroup.controllers").read_text().split():
            (folder / "cgroup.subtree_control").write_text("+memory")
            return folder
    raise AssertionError("no memory cgroup is mounted, version 1 or 2: the test needs one, and root")


class MemoryGroup:
    """From entering to leaving; processes that are still in it then are killed."""

    def __init__(self, mib: int):
        self._folder = _memory_controller() / f"blockwatch-test-{os.getpid()}-{time.monotonic_ns()}"
        self._mib = mib

    def __enter__(self) -> "MemoryGroup":
        self._folder.mkdir()
        limits = {"memory.limit_in_bytes": self._mib << 20} if self._is_first() else {"memory.max": self._mib << 20, "memory.swap.max": 0}
        for name, value in limits.items():
            (self._folder / name).write_text(str(value))
        return self

    def __exit__(self, *exc_info) -> None:
        deadline = time.monotonic() + 10
        while True:
            for pid in (self._folder / "cgroup.procs").read_text().split():
                os.kill(int(pid), 9)
            try:
                return self._folder.rmdir()
            except OSError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)

    def _is_first(self) -> bool:
        return (self._folder / "memory.limit_in_bytes").exists()

    def command(self, *command: Argument) -> List[Argument]:
        """The command, run inside."""
        return ["sh", "-c", f'echo $$ > "{self._folder}/cgroup.procs" && exec "$@"', "sh", *command]

    def kills(self) -> int:
        """Processes of it that the kernel has killed for their memory."""
        events = self._folder / ("memory.oom_control" if self._is_first() else "memory.events")
        return int(dict(line.split() for line in events.read_text().splitlines())["oom_kill"])
