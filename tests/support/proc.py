"""What Linux says of a running process."""

import contextlib
import os
import pathlib
from typing import List


def _status(pid: int, field: str) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise KeyError(field)


def memory_bytes(pid: int) -> int:
    """Resident now."""
    return _status(pid, "VmRSS") << 10


def memory_bytes_max(pid: int) -> int:
    """The most that was ever resident."""
    return _status(pid, "VmHWM") << 10


def threads(pid: int) -> int:
    return _status(pid, "Threads")


def descriptors(pid: int) -> List[str]:
    """What each open one stands for: a path, or socket:[…], pipe:[…], anon_inode:…"""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return found
