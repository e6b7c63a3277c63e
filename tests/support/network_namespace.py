"""A network of its own for one process: a namespace with a cable to this machine, on which packets are dropped at will. Needs root
and the packages iproute2 and nftables; touches no rule of the machine's own.

    with NetworkNamespace() as network:
        Process([*network.inside, "program"], ...)      # reaches this machine as network.host
        network.drop("output"); network.lose(0.3); network.heal()
"""

import os
import shutil

from support.processes import run

INPUT, OUTPUT = "input", "output"  # as seen from inside


class NetworkNamespace:
    def __init__(self) -> None:
        assert os.geteuid() == 0, "a network namespace needs root"
        for program, package in (("ip", "iproute2"), ("nft", "nftables")):
            assert shutil.which(program), f"{program} is missing: ./dev test --long installs package {package}"
        number = os.getpid() % 16_000
        self.name = f"bw-{number}"
        self._cable = f"bw{number}"
        subnet = f"10.{200 + number // 256 % 50}.{number % 256}"
        self.host, self._address = f"{subnet}.1", f"{subnet}.2"
        self.inside = ["ip", "netns", "exec", self.name]

    def __enter__(self) -> "NetworkNamespace":
        try:
            run(["ip", "netns", "add", self.name])
            run(["ip", "link", "add", self._cable, "type", "veth", "peer", "name", "cable", "netns", self.name])
            run(["ip", "address", "add", f"{self.host}/30", "dev", self._cable])
            run(["ip", "link", "set", self._cable, "up"])
            run([*self.inside, "ip", "address", "add", f"{self._address}/30", "dev", "cable"])
            run([*self.inside, "ip", "link", "set", "cable", "up"])
            run([*self.inside, "ip", "link", "set", "lo", "up"])
            self._nft("add table inet faults")
            for hook in (INPUT, OUTPUT):
                self._nft(f"add chain inet faults {hook} {{ type filter hook {hook} priority 0; }}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc_info) -> None:
        run(["ip", "netns", "del", self.name], status=None)  # the cable goes with it
        run(["ip", "link", "del", self._cable], status=None)

    def drop(self, *hooks: str) -> None:
        """Every packet in these directions (none named: in both)."""
        for hook in hooks or (INPUT, OUTPUT):
            self._nft(f"add rule inet faults {hook} counter drop")

    def lose(self, share: float) -> None:
        """Packets at random, in both directions."""
        for hook in (INPUT, OUTPUT):
            self._nft(f"add rule inet faults {hook} numgen random mod 1000 < {round(share * 1000)} counter drop")

    def heal(self) -> int:
        """Drops no more; returns how many packets it dropped since the last time."""
        listing = run([*self.inside, "nft", "list", "table", "inet", "faults"]).stdout.split()
        dropped = sum(int(listing[i + 2]) for i, word in enumerate(listing) if word == "counter")
        self._nft("flush table inet faults")
        return dropped

    def _nft(self, command: str) -> None:
        run([*self.inside, "nft", command])
