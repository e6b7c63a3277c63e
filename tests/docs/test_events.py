"""docs/EVENTS.md: every example in it is run. What follows the language of a fence says how:

    json                    events, all counted        json REASON             records, each rejected for it
    json mapping_X, toml mapping_X, json same          a record of config/examples/mapping_X.ndjson, its mapping as
                                                       it stands in the .toml beside it, and the event it stands for
    toml                    a configuration            sh                      commands, run in a folder with files
"""

import ctypes
import gzip
import importlib.util
import json
import os
import pathlib
import re
import shutil
from typing import List, NamedTuple

import pytest

from support.processes import ROOT, run
from support.product import EXAMPLES, World

DOCUMENT = ROOT / "docs/EVENTS.md"
AS_OF = "2025-12-01T00:00:00Z"
LAYOUTS = ("mapping_flat", "mapping_nested")
PERSONAL = ("jdoe", "DOE, JANE", "1980-02-03", "0000000001", "ABC123", "free text")


class Fence(NamedTuple):
    line: int
    language: str
    word: str
    text: str


def fences() -> List[Fence]:
    found = re.finditer(r"^```(\w*) ?(\w*)\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    whole = DOCUMENT.read_text()
    return [Fence(whole[: m.start()].count("\n") + 1, m[1], m[2], m[3]) for m in found]


def records(text: str) -> List[str]:
    """The JSON values of a block, each on one line; what is no JSON is taken line by line."""
    decoder, rest, out = json.JSONDecoder(), text.strip(), []
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            return text.strip().splitlines()
        if rest[end : end + 1] not in ("", "\n"):
            return text.strip().splitlines()
        out.append(json.dumps(value) if "\n" in rest[:end] else rest[:end])
        rest = rest[end:].strip()
    return out


def reasons() -> tuple:
    spec = importlib.util.spec_from_file_location("oracle", ROOT / "tests/oracle/oracle.py")
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    return oracle.REASONS


def partitions_of(folder, bin_dir, inputs):
    """Counts each list of records as a partition of its own; what completeness says of them."""
    folder.mkdir()
    paths = []
    for number, lines in enumerate(inputs):
        paths.append(folder / f"p{number}.ndjson")
        paths[-1].write_text("".join(line + "\n" for line in lines))
    world = World(folder / "world", bin_dir)
    world.replay("--as-of", AS_OF, "--input", *paths)
    return world, world.completeness()["partitions"]


def test_every_fence_is_of_a_kind_that_is_run():
    kinds = {(f.language, f.word) for f in fences()}
    rejects = {("json", reason) for reason in reasons()}
    known = {("json", ""), ("json", "same"), ("toml", ""), ("sh", ""), ("", "")} | rejects
    known |= {(language, word) for language in ("json", "toml") for word in LAYOUTS}
    assert kinds <= known, kinds - known
    # An output, or a command that needs daemons: those are run by tests/integration/test_partition_ranges.py.
    assert [f.text for f in fences() if f.language == ""] == [
        "blockwatch report --url unix:/run/blockwatch/a.sock --url http://127.0.0.1:8788 --last 30d --rollup\n"
    ]


def test_the_examples_are_counted_and_rejected_as_they_say(tmp_path, bin_dir):
    blocks = [f for f in fences() if f.language == "json" and f.word not in LAYOUTS]
    inputs = [records(f.text) for f in blocks]
    world, partitions = partitions_of(tmp_path / "examples", bin_dir, inputs)
    seen = set()
    for fence, lines, partition in zip(blocks, inputs, partitions):
        where = f"EVENTS.md:{fence.line}"
        assert lines, where
        if fence.word in ("", "same"):
            assert (partition["counted"], partition["rejected"]) == (len(lines), 0), where
        else:
            seen.add(fence.word)
            assert partition["by_reason"] == {fence.word: len(lines)}, where
    # No document holds 65,537 bytes for an example.
    assert set(reasons()) - seen == {"too_large"}
    kept = b"".join(path.read_bytes() for path in world.state.rglob("*") if path.is_file())
    assert b"VTICE0900" in kept
    assert [text for text in PERSONAL if text.encode() in kept] == []


def test_another_spelling_is_the_same_event(tmp_path, bin_dir):
    first, _, again = [records(f.text) for f in fences() if (f.language, f.word) == ("json", "")][:3]
    _, partitions = partitions_of(tmp_path / "again", bin_dir, [first + again])
    assert (partitions[0]["counted"], partitions[0]["duplicate"]) == (1, 1)
    said = [everything(partitions_of(tmp_path / name, bin_dir, [lines])[0]) for name, lines in (("a", first), ("b", again))]
    assert said[0] == said[1]


def test_the_table_of_reasons_is_in_the_order_in_which_they_are_tested():
    table = re.search(r"^\| reason \| when \|\n(.*?)\n\n", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)[1]
    listed = [name for row in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    wanted = list(reasons())
    # "missing_field / bad_value" over all fields is the second place of bad_value.
    wanted.insert(wanted.index("missing_field") + 1, "bad_value")
    assert listed == wanted


def everything(world: World):
    """All that a state says of what it counted."""
    by = "agency,jurisdiction,class,channel,outcome,verdict"
    spans = ["--state-dir", world.state, "--format", "json", "--from", "2025-11-01", "--to", "2025-12-01"]
    said = [json.loads(world.cli("report", *spans, *words)) for words in (["--by", by, "--rollup"], ["--by", "ori,day"], ["--unit", "messages"])]  # fmt: skip
    incidents = world.incidents()
    for incident in incidents:
        for notification in incident["notifications"]:
            del notification["time"]  # when it was made, by the wall clock
    return said, world.completeness(), incidents


def layout_world(folder, bin_dir, layout):
    """A world with the mapping of an example."""
    world = World(folder, bin_dir)
    mapping = re.search(r"\[source\.mapping\]\n.*?\n\n(?=\[state\])", (EXAMPLES / f"{layout}.toml").read_text(), re.DOTALL)[0]
    world.config.write_text(world.config.read_text() + mapping)
    return world


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_mapped_log_says_what_the_events_it_stands_for_say(layout, tmp_path, bin_dir):
    mapped = layout_world(tmp_path / "mapped", bin_dir, layout)
    mapped.replay("--as-of", AS_OF, "--input", EXAMPLES / f"{layout}.ndjson")
    plain = World(tmp_path / "plain", bin_dir)
    plain.replay("--as-of", AS_OF, "--input", ROOT / f"tests/golden/mapping/{layout.removeprefix('mapping_')}.ndjson")
    said, completeness, incidents = everything(mapped)
    assert (said, completeness, incidents) == everything(plain)
    counts = completeness["partitions"][0]
    assert counts["counted"] >= 5 and counts["rejected"] >= 1 and len(incidents) >= 3
    assert len({row["outcome"] for row in said[0]["rows"]}) >= 4
    kept = b"".join(path.read_bytes() for path in mapped.state.rglob("*") if path.is_file())
    assert [text for text in PERSONAL if text.encode() in kept] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_worked_example_is_the_shipped_one(layout, tmp_path, bin_dir):
    listed = fences()
    [record] = [f for f in listed if (f.language, f.word) == ("json", layout)]
    [mapping] = [f for f in listed if (f.language, f.word) == ("toml", layout)]
    same = next(f for f in listed if f.line > record.line and f.word == "same")
    assert record.text in (EXAMPLES / f"{layout}.ndjson").read_text()
    assert mapping.text in (EXAMPLES / f"{layout}.toml").read_text()
    [event] = records(same.text)
    world = World(tmp_path / "mapped", bin_dir)
    world.config.write_text(world.config.read_text() + mapping.text)
    path = tmp_path / "record.ndjson"
    path.write_text(record.text)
    world.replay("--as-of", AS_OF, "--input", path)
    plain, _ = partitions_of(tmp_path / "plain", bin_dir, [[event]])
    assert everything(world) == everything(plain)

    def explained(of, file):
        return json.loads(of.cli("explain", "--config", of.config, "--event", file, "--as-of", AS_OF, "--format", "json"))

    (tmp_path / "event.json").write_text(event)
    told = explained(world, path)
    assert told["fate"] == "counted" and told == explained(plain, tmp_path / "event.json")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_shipped_configuration_is_good(layout, bin_dir):
    run([bin_dir / "blockwatch", "check-config", "--config", EXAMPLES / f"{layout}.toml"])


def zstd(data: bytes) -> bytes:
    """Compressed by the library that the programs link."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = library.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    out = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(out, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), 3)
    return out.raw[:size]


@pytest.fixture
def folder(tmp_path, bin_dir):
    """What the commands of the document find: a configuration, and the event logs it names."""
    for name in ("policy.toml", "agencies.toml", "oris.csv"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "blockwatchd.toml").write_text(
        '[source]\nkind = "file"\nfiles = ["today.ndjson"]\n[state]\ndir = "state"\n[policy]\nfile = "policy.toml"\n'
        '[catalog]\nagencies = "agencies.toml"\noris = "oris.csv"\n'
    )
    lines = (ROOT / "tests/golden/mapping/nested.ndjson").read_bytes()
    (tmp_path / "today.ndjson").write_bytes(lines)
    (tmp_path / "monday.ndjson.gz").write_bytes(gzip.compress(lines[:500]) + gzip.compress(lines[500:]))
    (tmp_path / "tuesday.ndjson.zst").write_bytes(zstd(lines))
    return tmp_path


def words_of_shell(folder: pathlib.Path, bin_dir: pathlib.Path, text: str) -> str:
    env = {"PATH": f"{bin_dir}:{os.environ['PATH']}"}
    return run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=env).stdout


@pytest.mark.parametrize("fence", [f for f in fences() if f.language == "sh"], ids=lambda f: f"line {f.line}")
def test_every_command_runs(fence, folder, bin_dir):
    printed = words_of_shell(folder, bin_dir, fence.text)
    assert "holds" in printed
    partitions = json.loads(words_of_shell(folder, bin_dir, "blockwatch completeness --state-dir state --format json"))["partitions"]
    records_per_file = len((folder / "today.ndjson").read_text().splitlines())
    assert partitions and all(p["consumed"] == records_per_file for p in partitions)
    assert len({json.dumps({**p, "partition": 0}) for p in partitions}) == 1, "the same lines, however compressed"


@pytest.mark.parametrize("fence", [f for f in fences() if (f.language, f.word) == ("toml", "")], ids=lambda f: f"line {f.line}")
def test_every_configuration_is_accepted(fence, folder, bin_dir):
    config = folder / "other.toml"
    rest = (folder / "blockwatchd.toml").read_text()
    config.write_text(fence.text + rest[rest.index("[state]") :])
    run([bin_dir / "blockwatch", "check-config", "--config", config])


def test_a_compressed_log_that_is_cut_off_goes_on_once_it_is_whole(folder, bin_dir):
    """Exit 75 with file and byte, then the rest: every line once."""
    path = folder / "wednesday.ndjson.gz"
    first, second = gzip.compress((folder / "today.ndjson").read_bytes()), gzip.compress(b'{"id":"later"}\n')
    path.write_bytes(first + second[:14])  # in the middle of its line
    command = [bin_dir / "blockwatch", "replay", "--config", folder / "blockwatchd.toml", "--input", path]
    done = run(command, status=75, cwd=folder)
    assert f"{path}: cut off at byte {len(first) + 14}" in done.stderr
    listing = [bin_dir / "blockwatch", "completeness", "--state-dir", folder / "state", "--format", "json"]
    [partition] = json.loads(run(listing).stdout)["partitions"]
    assert partition["consumed"] == 6, "what stands before the cut is counted"
    path.write_bytes(first + second)
    run(command, cwd=folder)
    [partition] = json.loads(run(listing).stdout)["partitions"]
    assert partition["consumed"] == 7 and partition["ranges"] == [[0, 7]]
    damaged = bytearray(first)
    damaged[-6] ^= 0x10  # of the checksum
    path = folder / "thursday.ndjson.gz"
    path.write_bytes(damaged)
    shutil.rmtree(folder / "state")
    done = run([*command[:-1], path], status=65, cwd=folder)
    assert f"{path}: damaged gzip at byte" in done.stderr
