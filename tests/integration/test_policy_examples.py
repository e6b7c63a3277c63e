"""Every fenced example of docs/POLICY.md does what the text says.

toml: a policy that check-config accepts, alone and with all the others. json: an event, kept as event.json. sh: commands, run in
the folder of a configuration with all of the policies. text: lines that the command before it printed."""

import re
import shlex
import tomllib
from typing import List, NamedTuple

import pytest

from support.processes import ROOT, run
from support.product import World

DOCUMENT = ROOT / "docs/POLICY.md"


class Example(NamedTuple):
    language: str
    line: int
    text: str


def examples() -> List[Example]:
    found, text = [], DOCUMENT.read_text()
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        found.append(Example(match[1], text.count("\n", 0, match.start()) + 1, match[2]))
    return found


POLICIES = [example for example in examples() if example.language == "toml"]


def world_of(folder, bin_dir, policy: str) -> World:
    folder.mkdir(exist_ok=True)
    (folder / "policy.toml").write_text(policy)
    return World(folder, bin_dir, policy=folder / "policy.toml")


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("policy", POLICIES, ids=lambda example: f"line {example.line}")
def test_each_policy_is_accepted_by_itself(policy, tmp_path, bin_dir):
    world = world_of(tmp_path, bin_dir, policy.text)
    assert "is good" in world.cli("check-config", "--config", world.config)


def test_commands_print_what_the_text_shows(tmp_path, bin_dir):
    world = world_of(tmp_path / "all", bin_dir, "".join(example.text for example in POLICIES))
    (tmp_path / "none.ndjson").write_text("")
    world.replay("--as-of", "2025-12-01", "--input", tmp_path / "none.ndjson")
    printed, ran, shown = "", 0, 0
    for example in examples():
        assert example.language in ("json", "sh", "text", "toml"), example
        if example.language == "json":
            (world.folder / "event.json").write_text(example.text)
        elif example.language == "sh":
            printed = ""
            for command in example.text.splitlines():
                program, *words = shlex.split(command)
                assert program == "blockwatch", example
                printed += run([bin_dir / program, *words], cwd=world.folder).stdout
                ran += 1
        elif example.language == "text":
            for line in example.text.splitlines():
                assert plain(line) in plain(printed), f"{DOCUMENT.name}:{example.line}\n{line}\nis not in\n{printed}"
                shown += 1
    assert ran >= 8 and shown >= 10


def test_the_letters_four_states_are_those_of_the_example_policy():
    def blocks(text):
        return {block["id"]: block for block in tomllib.loads(text)["block"]}

    shipped = blocks((ROOT / "config/examples/policy.toml").read_text())
    shown = blocks("".join(example.text for example in POLICIES))
    assert len(shipped) == 4
    assert {name: shown.get(name) for name in shipped} == shipped


def test_every_field_of_a_policy_is_explained():
    named = set(re.findall(r"^\| [^|]+ \| ((?:`\w+`(?:, )?)+) \|", DOCUMENT.read_text(), re.MULTILINE))
    fields = {field for cell in named for field in re.findall(r"`(\w+)`", cell)}
    reader = (ROOT / "config/policy.cc").read_text()
    keys = set()
    for table in ("kWatchKeys", "kExceptionKeys"):
        keys |= set(re.findall(r'"(\w+)"', re.search(rf"{table}{{(.*?)}};", reader, re.DOTALL)[1]))
    assert len(keys) > 12
    assert keys | {"mode"} <= fields, keys - fields
