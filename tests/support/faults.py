"""Faults that tests put the product through: what each test says of its own, and the count that the rare state was
really reached. docs/RELIABILITY.md's table is generated from these marks (tests/support/fault_table.py).

    @pytest.mark.fault(row=5, what="a full disk under load", injected="a small tmpfs and ballast",
                       seen="counting waits, HTTP answers, goes on within 10 s", short=1, long=10)
    def test…(rounds):
        for _ in rounds:
            ...
            rounds.reached(waited > 0)

`short` and `long` are rounds in `./dev test` and in `./dev test --long`; `often` instead says it in words, where a test has
no rounds. A C++ test says the same in a line of comment:
    // Fault 5: WHAT | INJECTED | SEEN | HOW OFTEN (may go on in further lines)
"""

from typing import Iterator


class Rounds:
    """The rounds of one test, and in how many of them its fault really struck."""

    def __init__(self, count: int, least: int):
        self.count, self.least = count, least
        self.struck = 0

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.count))

    def reached(self, struck: bool = True) -> None:
        """Once a round, with what a counter of the fault's own says."""
        self.struck += bool(struck)

    def check(self) -> None:
        assert self.struck >= self.least, f"the fault struck in {self.struck} of {self.count} rounds, {self.least} are needed"
