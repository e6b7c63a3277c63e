"""Makes a world that shows a difference smaller, as long as it goes on showing one of the same kind."""

import time
from typing import Any, Callable, List

from property.world import World


def shrink(world: World, still_fails: Callable[[World], bool], seconds: float) -> World:
    """`still_fails` is asked of copies; what it refuses is undone. Stops where nothing can be left out or after
    `seconds`."""
    deadline = time.monotonic() + seconds
    shrinker = Shrinker(world.copy(), still_fails, deadline)
    for _ in range(3):  # what policies are gone lets more records go
        before = shrinker.size()
        shrinker.records()
        shrinker.lists()
        if shrinker.size() == before or time.monotonic() >= deadline:
            break
    return shrinker.world


class Shrinker:
    def __init__(self, world: World, still_fails: Callable[[World], bool], deadline: float):
        self.world, self.still_fails, self.deadline = world, still_fails, deadline

    def size(self) -> int:
        rules = [r for p in self.world.policies for r in p.rules]
        return sum(map(len, self.world.partitions)) + len(rules) + sum(len(c.oris) for c in self.world.catalogs)

    def tried(self, change: Callable[[World], None]) -> bool:
        """Keeps the change if the world still fails with it."""
        if time.monotonic() >= self.deadline:
            return False
        smaller = self.world.copy()
        change(smaller)
        if not self.still_fails(smaller):
            return False
        self.world = smaller
        return True

    def cut(self, length: int, delete: Callable[[World, int, int], None]) -> None:
        """Leaves out halves, then quarters, down to single elements of a list of `length`."""
        step = length
        while step >= 1:
            start = 0
            while start < length:
                end = min(start + step, length)
                if self.tried(lambda w, a=start, b=end: delete(w, a, b)):
                    length -= end - start
                else:
                    start = end
                if time.monotonic() >= self.deadline:
                    return
            step = step // 2

    def records(self) -> None:
        """Over all partitions as one list."""

        def delete(world: World, start: int, end: int) -> None:
            for n, records in enumerate(world.partitions):
                size = len(records)
                world.partitions[n] = records[: max(start, 0)] + records[max(end, 0) :]
                start, end = start - size, end - size

        self.cut(sum(map(len, self.world.partitions)), delete)

    def lists(self) -> None:
        """Questions, rules and their exceptions, then the lists of the catalog."""

        def of(get: Callable[[World], List[Any]]) -> None:
            def delete(world: World, start: int, end: int) -> None:
                del get(world)[start:end]

            self.cut(len(get(self.world)), delete)

        of(lambda w: w.questions)
        for n in range(len(self.world.policies)):
            of(lambda w, n=n: w.policies[n].rules)
            for r in range(len(self.world.policies[n].rules)):
                if self.world.policies[n].rules[r].get("exception"):
                    of(lambda w, n=n, r=r: w.policies[n].rules[r]["exception"])
        for n in range(len(self.world.catalogs)):
            for name in ("oris", "patterns", "lines", "regions", "agencies"):
                of(lambda w, n=n, name=name: getattr(w.catalogs[n], name))
