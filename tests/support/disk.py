"""Disks of a test's own that can be filled, cut off, and made to fail: a small tmpfs, an ext4 in a file, strace.

Mounts live in a mount namespace of the test run, so that they go away with it however it ends. All of it needs root: a
test that cannot mount fails. Call from the main thread.
"""

import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import struct
import subprocess
import time
from typing import Iterable, List, NamedTuple, Optional, Sequence

from support.processes import Argument, Process, wait_until

MIB = 1 << 20

_CLONE_NEWNS = 0x00020000
# _IOR('X', 125, __u32) of fs/ext4/ext4.h, and its flag for a cut without writing the journal first.
_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2

_own_mounts = False


def _run(*command: Argument) -> None:
    done = subprocess.run([os.fspath(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()
        raise AssertionError(f"tests of a failing disk mount file systems, which needs root: {' '.join(map(str, command))}: {said}")


def _have_own_mounts() -> None:
    """Moves this process, and with it the children that it starts, into a mount namespace of its own."""
    global _own_mounts
    if _own_mounts:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise AssertionError(f"tests of a failing disk mount file systems, which needs root: unshare: {os.strerror(ctypes.get_errno())}")
    _run("mount", "--make-rprivate", "/")
    _own_mounts = True


class _Disk:
    """Something mounted on `path`, from entering to leaving."""

    def __init__(self, path: pathlib.Path):
        _have_own_mounts()
        self.path = path
        self._mounted = False

    def _mount(self, *words: Argument) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        _run("mount", *words, self.path)
        self._mounted = True

    def unmount(self) -> None:
        """Nobody may hold a file of it open any more; the kernel may take a moment to see that."""
        deadline = time.monotonic() + 10
        while True:
            try:
                _run("umount", self.path)
                break
            except AssertionError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)
        self._mounted = False

    def __exit__(self, *exc_info) -> None:
        if self._mounted:
            _run("umount", "--lazy", self.path)
            self._mounted = False

    def free_bytes(self) -> int:
        fs = os.statvfs(self.path)
        return fs.f_bavail * fs.f_frsize


class SmallDisk(_Disk):
    """A tmpfs with ballast that takes its space and gives it back."""

    def __init__(self, path: pathlib.Path, mib: int):
        super().__init__(path)
        self._mib = mib
        self._ballast = path / "ballast"

    def __enter__(self) -> "SmallDisk":
        self._mount("-t", "tmpfs", "-o", f"size={self._mib}m", "none")
        return self

    def fill(self, leave_bytes: int = 0) -> None:
        """Other data on the disk: only so much stays free, though others write at the same time."""
        with open(self._ballast, "ab") as ballast:
            for _ in range(1000):
                more = self.free_bytes() - leave_bytes
                if more <= 0:
                    return
                try:
                    # In steps: a disk does not fill in an instant.
                    os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), min(more, 16 * MIB))
                except OSError:  # somebody was faster
                    continue
        raise AssertionError(f"{self.path} does not stay full")

    def free(self) -> None:
        """The ballast goes."""
        self._ballast.unlink()


class CutDisk(_Disk):
    """An ext4 in a file, whose power can be cut: what was not synced is gone, every use fails until it is mounted again."""

    def __init__(self, path: pathlib.Path, mib: int = 512):
        super().__init__(path)
        self._image = path.with_suffix(".img")
        self._mib = mib

    def __enter__(self) -> "CutDisk":
        with open(self._image, "wb") as image:
            image.truncate(self._mib * MIB)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard", self._image)
        self.mount()
        return self

    def mount(self) -> None:
        # The journal is written for whoever syncs, and otherwise not within a test.
        self._mount("-o", "loop,commit=300", self._image)

    def power_cut(self) -> None:
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, _EXT4_IOC_SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def mount_again(self) -> None:
        """After a cut, once nobody uses it: as the machine comes up again, from what reached the disk."""
        self.unmount()
        self.mount()


# ------------------------------------------------------------------ errors of single calls
class Injected(NamedTuple):
    """One call that strace made fail, and the moment (wall clock)."""

    time: float
    call: str


class FailingCalls:
    """strace on a program: calls of some kinds fail with an I/O error, the n-th or all from the n-th on.

    `when` as strace has it: "3" the third of a thread, "3+" all from there on. `paths`: only calls on these files.
    `effect`: something else than the error.
    """

    def __init__(self, log: pathlib.Path, calls: Sequence[str], when: str, *, paths: Iterable[Argument] = (), effect: str = "error=EIO"):
        if shutil.which("strace") is None:
            raise AssertionError("strace is missing: run ./dev deps")
        self._log = log
        names = ",".join(calls)
        self._words: List[Argument] = ["strace", "-f", "-ttt", "-y", "-o", log, "-e", f"trace={names}",
                                      "-e", f"inject={names}:{effect}:when={when}"]  # fmt: skip
        for path in paths:
            self._words += ["-P", path]

    def start(self, command: Sequence[Argument], *, log: pathlib.Path) -> Process:
        """Starts the command under strace. It ends as the command does."""
        return Process([*self._words, "--seccomp-bpf", "--", *command], log=log)

    def attach(self, pid: int) -> Process:
        """To a program that runs; returns once its threads are watched. Ends with the program."""
        strace = Process([*self._words, "-p", str(pid)], log=self._log.with_suffix(".strace"))
        threads = lambda: [path.read_text() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]
        wait_until(lambda: all("TracerPid:\t0" not in text for text in threads()), 10, "strace to watch every thread", interval_seconds=0.01)
        return strace

    def injected(self) -> List[Injected]:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return [Injected(float(words[1]), words[2]) for words in (line.split(None, 2) for line in lines) if "(INJECTED)" in words[-1]]

    def ended_at(self) -> Optional[float]:
        """When the last thread of the program ended."""
        ends = re.findall(r"^\d+\s+([\d.]+) \+\+\+ (?:exited|killed)", self._log.read_text(errors="replace"), re.M)
        return float(ends[-1]) if ends else None


def open_files(pid: int, folder: pathlib.Path, pattern: str) -> List[str]:
    """Files below `folder` that the process holds open and whose name matches."""
    found = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith(f"{folder}/") and re.search(pattern, target):
            found.add(target)
    return sorted(found)
