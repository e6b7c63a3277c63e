"""Every case of tests/golden/bad_config, given to both programs: exit 78, each diagnostic at its place, with a hint.

The unit test of the loader reads the same cases; this one shows that an operator sees what the loader found.
"""

import json
import re
import shutil
from typing import Dict, List, NamedTuple, Optional

import pytest

from support.processes import ROOT, run

CASES = ROOT / "tests/golden/bad_config"
BAD_CONFIG = 78
PRINTED = re.compile(r"(?P<place>\S+?): error: (?P<what>.*) \((?P<hint>.*)\)", re.DOTALL)


class Expected(NamedTuple):
    place: str
    what: str
    hint: str


class Case(NamedTuple):
    files: Dict[str, Optional[bytes]]  # None: the file does not exist
    expected: List[Expected]


def unescaped(text: bytes) -> bytes:
    text = re.sub(rb"\\x([0-9A-F]{2})", lambda m: bytes.fromhex(m.group(1).decode()), text)
    return text.replace(b"\\r", b"\r")


def read_case(name: str) -> Case:
    """The grammar is in the cases' README.md."""
    head, *parts = re.split(rb"(?m)^--- (.*)\n", (CASES / f"{name}.case").read_bytes())
    assert head.strip(), "a case says what it is"
    files: Dict[str, Optional[bytes]] = {}
    expected: List[Expected] = []
    for title, text in zip(parts[::2], parts[1::2]):
        file, _, how = title.decode().partition(" ")
        if file == "expect":
            expected = [Expected(*line.split(" | ", 2)) for line in text.decode().splitlines()]
        else:
            files[file] = {"": text, "escaped": unescaped(text), "missing": None}[how]
    assert expected, "a case expects something"
    return Case(files, expected)


NAMES = sorted(path.stem for path in CASES.glob("*.case"))


@pytest.fixture
def folder(tmp_path):
    """Holds the configuration that loads without a diagnostic."""
    for path in (CASES / "good").iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def spoil(folder, case: Case) -> None:
    for name, text in case.files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(text)


COMMANDS = {
    "check-config": ["blockwatch", "check-config"],
    "blockwatchd --check": ["blockwatchd", "--check"],
}


def start(bin_dir, folder, words, status, *more):
    program, *rest = words
    # In the folder itself, so that diagnostics name the files alone.
    return run([bin_dir / program, *rest, "--config", "blockwatchd.toml", *more], cwd=folder, status=status)


def test_there_are_more_than_forty_kinds():
    assert len(NAMES) >= 40


@pytest.mark.parametrize("command", COMMANDS)
def test_the_configuration_that_cases_start_from_is_good(bin_dir, folder, command):
    assert "error" not in start(bin_dir, folder, COMMANDS[command], 0).stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", NAMES)
def test_each_diagnostic_is_printed_with_its_place_and_a_hint(bin_dir, folder, name, command):
    case = read_case(name)
    spoil(folder, case)
    printed = start(bin_dir, folder, COMMANDS[command], BAD_CONFIG).stderr
    found = [m for m in map(PRINTED.fullmatch, printed.splitlines()) if m]
    assert [m["place"] for m in found] == [e.place for e in case.expected], printed
    for match, expected in zip(found, case.expected):
        assert expected.what in match["what"], printed
        assert expected.hint in match["hint"], printed


def test_json_holds_the_same_diagnostics(bin_dir, folder):
    case = read_case("all_files_at_once")
    spoil(folder, case)
    answer = json.loads(start(bin_dir, folder, COMMANDS["check-config"], BAD_CONFIG, "--json").stdout)
    listed = answer["diagnostics"]
    assert answer["ok"] is False
    assert [f"{d['file']}:{d['line']}:{d['col']}" for d in listed] == [e.place for e in case.expected]
    for diagnostic, expected in zip(listed, case.expected):
        assert expected.what in diagnostic["what"]
        assert expected.hint in diagnostic["hint"]


def test_json_of_a_good_configuration_lists_nothing(bin_dir, folder):
    answer = json.loads(start(bin_dir, folder, COMMANDS["check-config"], 0, "--json").stdout)
    assert answer == {"ok": True, "diagnostics": []}


def test_nothing_is_created_by_a_check(bin_dir, folder):
    before = sorted(path.name for path in folder.iterdir())
    for words in COMMANDS.values():
        start(bin_dir, folder, words, 0)
    assert sorted(path.name for path in folder.iterdir()) == before
