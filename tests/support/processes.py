"""Child processes for tests: started with their output in files, never left behind.

Each child leads a process group of its own, which is killed as a whole, and is killed by the kernel
should the test run itself die. The latter follows the thread that started the child, so children are to be
started from the main thread.
"""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
from typing import Callable, Mapping, Optional, Sequence, TypeVar, Union

ROOT = pathlib.Path(__file__).resolve().parents[2]

Argument = Union[str, os.PathLike]
T = TypeVar("T")

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def free_port() -> int:
    """A loopback TCP port that nothing listens on now. Another process may take it before you do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(predicate: Callable[[], T], seconds: float, what: str, *, interval_seconds: float = 0.05) -> T:
    """Returns the first true value of `predicate`; raises AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds} s in vain for: {what}")
        time.sleep(interval_seconds)


class Process:
    """One running child. Use as a context manager: leaving it kills whatever of the group still runs."""

    def __init__(
        self,
        command: Sequence[Argument],
        *,
        log: pathlib.Path,
        env: Optional[Mapping[str, str]] = None,
        cwd: Optional[pathlib.Path] = None,
    ):
        """Starts `command`. `log` receives stderr, `log` with suffix .out stdout (both appended to, so that
        a restart with the same log keeps what came before). `env` is added to this process's own."""
        assert threading.current_thread() is threading.main_thread(), "see the module's comment"
        self.command = [os.fspath(word) for word in command]
        self.log = log
        self.out = log.with_suffix(".out")
        with open(self.log, "ab") as stderr, open(self.out, "ab") as stdout:
            self._popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *exc_info) -> None:
        self.kill()

    def __repr__(self) -> str:
        return f"<{pathlib.Path(self.command[0]).name} pid {self.pid} status {self._popen.returncode}>"

    @property
    def pid(self) -> int:
        return self._popen.pid

    def running(self) -> bool:
        return self._popen.poll() is None

    def signal(self, number: int) -> None:
        """To the child alone. One that already ended is left in peace."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """kill -9 to the whole group, and reaps. Does nothing to one that already ended and left nobody."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._popen.wait(30)

    def wait(self, seconds: float) -> int:
        """The exit status (negative: the signal); AssertionError if it still runs after `seconds`."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self!r} still runs after {seconds} s\n{self.tail()}") from None

    def terminate(self, seconds: float) -> int:
        """SIGTERM, then its exit status; AssertionError if that takes longer than `seconds`."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def stderr(self) -> str:
        return self.log.read_text(errors="replace")

    def stdout(self) -> str:
        return self.out.read_text(errors="replace")

    def tail(self, lines: int = 40) -> str:
        """The end of what it said, for a failure message."""
        text = self.stderr() + self.stdout()
        return "\n".join(text.splitlines()[-lines:])


def run(
    command: Sequence[Argument],
    *,
    seconds: float = 60,
    env: Optional[Mapping[str, str]] = None,
    cwd: Optional[pathlib.Path] = None,
    status: Optional[int] = 0,
    stdin: str = "",
) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end and returns it with its text. AssertionError if it takes longer than
    `seconds` or exits with another status than `status` (None: any)."""
    words = [os.fspath(word) for word in command]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **(env or {})},
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_die_with_parent,
    ) as child:
        try:
            out, err = child.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {seconds} s: {' '.join(words)}") from None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
    if status is not None and child.returncode != status:
        raise AssertionError(
            f"exit status {child.returncode}, not {status}: {' '.join(words)}\n{err[-4000:]}{out[-4000:]}"
        )
    return subprocess.CompletedProcess(words, child.returncode, out, err)
