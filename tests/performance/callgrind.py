"""Reads a profile of callgrind: instructions by function, its own and with all that it calls."""

import collections
import pathlib
import re
from typing import Counter, Dict


class Profile:
    """Of all threads together. `own` sums to the whole; `inclusive` counts a function that calls itself, also through
    others, too often."""

    def __init__(self, file: pathlib.Path):
        self.own: Counter[str] = collections.Counter()
        self.inclusive: Counter[str] = collections.Counter()
        self.calls: Counter[str] = collections.Counter()
        self._names: Dict[str, str] = {}
        self._read(file)
        self.total = sum(self.own.values())

    def _name(self, text: str) -> str:
        """A function's name stands there once, with a number, then the number only."""
        number, name = re.fullmatch(r"(\(\d+\)) ?(.*)", text).groups()
        return self._names.setdefault(number, name) if name else self._names[number]

    def _read(self, file: pathlib.Path) -> None:
        function = called = ""
        is_call = False
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("fn="):
                function = self._name(line[3:])
            elif line.startswith("cfn="):
                called = self._name(line[4:])
            elif line.startswith("calls="):
                self.calls[called] += int(line[6:].split()[0])
                is_call = True  # the next line has what the called function cost
            elif line[:1] in "0123456789+-*" and line:
                cost = int(line.split()[1])
                if is_call:
                    is_call = False
                    if called != function:
                        self.inclusive[function] += cost
                else:
                    self.own[function] += cost
                    self.inclusive[function] += cost
