"""The machine that measures, and who else uses it meanwhile."""

import os
import platform
import resource
import time

_TICKS = os.sysconf("SC_CLK_TCK")


def described() -> str:
    model = [x.partition(":")[2].strip() for x in open("/proc/cpuinfo") if x.startswith("model name")]
    memory = int(next(x for x in open("/proc/meminfo") if x.startswith("MemTotal")).split()[1]) / 2**20
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return f"{os.cpu_count()} × {model[0] if model else platform.machine()}, {memory:.0f} GiB, {system}, Linux {platform.release()}"


def cpu_seconds_of(pid: int) -> float:
    """User and system time of a process that runs, to a hundredth of a second."""
    stat = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / _TICKS


class Others:
    """How much of the machine went to processes that are not the bench's since this was made: what makes figures worthless.
    To be asked when every child but the broker has ended."""

    def __init__(self, broker_pid: int):
        self._broker_pid = broker_pid
        self._begin, self._used = time.monotonic(), self._used_by_others()

    def cores(self) -> float:
        return max(0.0, self._used_by_others() - self._used) / (time.monotonic() - self._begin)

    def _used_by_others(self) -> float:
        # Interrupts, which are mostly loopback traffic, belong to nobody.
        user, nice, system, _, _, _, _, steal = (int(x) for x in open("/proc/stat").readline().split()[1:9])
        ours = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        used = sum(r.ru_utime + r.ru_stime for r in ours) + cpu_seconds_of(self._broker_pid)
        return (user + nice + system + steal) / _TICKS - used
