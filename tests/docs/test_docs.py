"""The documents name only paths, commands, options, keys and metrics that exist.

In backticks: a path, a command, a settings key, a metric. In fenced blocks: commands (sh, bash, console, or
no language) and configuration (toml), which the program itself is asked to check.
"""

import pathlib
import re
import shlex
import tomllib
from typing import Iterator, List, NamedTuple, Optional

import pytest

from support import fault_table
from support.processes import ROOT, run

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "bench/README.md", *ROOT.glob("docs/**/*.md")])

PATH_SUFFIXES = {".cc", ".cmake", ".conf", ".csv", ".h", ".json", ".md", ".py", ".service", ".toml", ".txt", ".xml"}
SETTINGS_TABLES = {"source", "state", "policy", "catalog", "http", "time", "dedup", "output", "log"}
POLICY_TABLES = {"block", "watch"}
CATALOG_TABLES = {"agency", "pattern", "line", "region"}


class Place(NamedTuple):
    """A piece of a document, and where it stands."""

    document: pathlib.Path
    line: int
    text: str

    def __str__(self):
        return f"{self.document.relative_to(ROOT)}:{self.line}: {self.text}"


def fences(document: pathlib.Path) -> Iterator[tuple]:
    """(language, line, text) of each fenced block."""
    language, start, lines = None, 0, []
    for number, line in enumerate(document.read_text().splitlines(), 1):
        mark = re.match(r"\s*```(\w*)", line)
        if mark and language is None:
            language, start, lines = mark[1], number + 1, []
        elif mark:
            yield language, start, "\n".join(lines)
            language = None
        elif language is not None:
            lines.append(line)
    assert language is None, f"{document}: the fence opened before line {start} is never closed"


def prose(document: pathlib.Path) -> Iterator[Place]:
    """The lines outside fenced blocks."""
    inside = False
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if re.match(r"\s*```", line):
            inside = not inside
        elif not inside:
            yield Place(document, number, line)


def spans() -> List[Place]:
    return [
        Place(place.document, place.line, span)
        for document in DOCUMENTS
        for place in prose(document)
        for span in re.findall(r"`([^`]+)`", place.text)
    ]


def looks_like_path(span: str) -> bool:
    if not re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", span):
        return False  # also what starts with a slash: a place of an installed system, or of the HTTP API
    first = span.split("/")[0]
    return span.endswith("/") or pathlib.Path(span).suffix in PATH_SUFFIXES or ("/" in span and (ROOT / first).exists())


def path_exists(place: Place) -> bool:
    """From the root, from the document's folder, or, for a bare file name, anywhere."""
    pattern = place.text.rstrip("/").replace("NNNN-title", "*")
    folders = [(ROOT, pattern), (place.document.parent, pattern)]
    if "/" not in pattern:
        ours = [folder for folder in ROOT.iterdir() if folder.is_dir() and folder.name not in ("build", ".git")]
        folders += [(folder, f"**/{pattern}") for folder in ours]
    return any(next(folder.glob(wanted), None) for folder, wanted in folders)


def commands() -> List[Place]:
    found = [place for place in spans() if re.match(r"(\./dev|blockwatchd?)\s", place.text)]
    for document in DOCUMENTS:
        for language, start, text in fences(document):
            if language not in ("", "sh", "bash", "console", "shell"):
                continue
            text = re.sub(r"\\\n", lambda _: "  ", text)
            for number, line in enumerate(text.splitlines(), start):
                line = re.sub(r"^\s*(\$ )?(sudo )?(build/\w+/bin/)?", "", line)
                if re.match(r"(\./dev|blockwatchd?)(\s|$)", line):
                    found.append(Place(document, number, line))
    return found


def words_of(command: str) -> tuple:
    """The program, its leading sub-commands, its long options."""
    words = shlex.split(command.replace("…", " "), comments=True)
    for index, word in enumerate(words):
        if word in ("|", ">", "&", "&&", ";", "<"):
            words = words[:index]
            break
    subcommands = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        subcommands.append(word)
    options = [option for word in words[1:] for option in re.findall(r"^\[?(--[a-z][a-z-]*)", word)]
    return words[0], subcommands, options


def help_of(program: str, subcommands: List[str], bin_dir: pathlib.Path) -> Optional[str]:
    """What the program says about a command; None if it does not know it."""
    if program == "./dev":
        text = run([ROOT / "dev", "help"]).stdout
        known = re.findall(r"^  ([a-z]+) ", text, re.MULTILINE)
        presets = ["release", "dev", "asan", "tsan"]
        rest = [word for word in subcommands[1:] if subcommands[0] != "build" or word not in presets]
        return text if subcommands and subcommands[0] in known and not rest else None
    text = run([bin_dir / program, *subcommands, "--help"]).stdout
    # An unknown word gets the help of what stands before it, so look at whose help it is.
    usage = re.search(r"^Usage: (.*?) (\[|$)", text, re.MULTILINE)
    return text if usage and usage[1].split() == [program, *subcommands] else None


def test_there_is_something_to_check():
    assert len(DOCUMENTS) >= 3
    assert len([place for place in spans() if looks_like_path(place.text)]) >= 20
    assert len(commands()) >= 10


def test_every_path_exists():
    wrong = [str(place) for place in spans() if looks_like_path(place.text) and not path_exists(place)]
    assert not wrong, "paths that are not in the tree:\n" + "\n".join(wrong)


def test_the_path_check_can_fail():
    document = ROOT / "README.md"
    for path, exists in (("tests/docs/test_docs.py", True), ("test_docs.py", True), ("docs/", True),
                         ("tests/docs/test_dogs.py", False), ("test_dogs.py", False), ("dogs/", False)):  # fmt: skip
        assert looks_like_path(path)
        assert path_exists(Place(document, 1, path)) == exists


def test_every_link_leads_somewhere():
    wrong = []
    for document in DOCUMENTS:
        for place in prose(document):
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", place.text):
                if not re.match(r"[a-z]+:", target) and not (document.parent / target).exists():
                    wrong.append(f"{place.document.relative_to(ROOT)}:{place.line}: {target}")
    assert not wrong, "links to nothing:\n" + "\n".join(wrong)


def test_every_command_and_option_exists(bin_dir):
    wrong, seen = [], {}
    for place in commands():
        program, subcommands, options = words_of(place.text)
        key = (program, *subcommands)
        if key not in seen:
            seen[key] = help_of(program, subcommands, bin_dir)
        text = seen[key]
        if text is None:
            wrong.append(f"{place} (no such command)")
        else:
            wrong += [f"{place} (no option {option})" for option in options if not has_option(text, option)]
    assert not wrong, "commands that do not exist:\n" + "\n".join(wrong)


def has_option(text: str, option: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def test_the_command_check_can_fail(bin_dir):
    assert help_of("blockwatch", ["reprot"], bin_dir) is None
    assert help_of("./dev", ["biuld"], bin_dir) is None
    assert not has_option("--format F", "--form")


def settings_keys() -> set:
    """The keys of the generated reference."""
    return set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", (ROOT / "docs/reference/settings.md").read_text()))


def test_every_settings_key_exists():
    keys = settings_keys()
    assert len(keys) >= 10
    wrong = []
    for place in spans():
        words = place.text.split(".")
        if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", place.text) or words[0] not in SETTINGS_TABLES:
            continue
        if pathlib.Path(place.text).suffix in PATH_SUFFIXES or words[:2] in (["source", "kafka"], ["output", "kafka"]):
            continue
        if place.text not in keys and not any(key.startswith(place.text + ".") for key in keys):
            wrong.append(str(place))
    assert not wrong, "settings that do not exist:\n" + "\n".join(wrong)


def toml_blocks() -> List[Place]:
    return [
        Place(document, start, text)
        for document in DOCUMENTS
        for language, start, text in fences(document)
        if language == "toml"
    ]


def unknown_keys(text: str, folder: pathlib.Path, bin_dir: pathlib.Path) -> List[str]:
    """What check-config says about unknown keys when `text` is the settings, policy or agencies file."""
    tables = set(tomllib.loads(text))
    files = {
        "settings.toml": (
            '[source]\nkind = "file"\nfiles = ["e.ndjson"]\n[state]\ndir = "s"\n[policy]\nfile = "policy.toml"\n'
            '[catalog]\nagencies = "agencies.toml"\noris = "oris.csv"\n'
        ),
        "policy.toml": "",
        "agencies.toml": '[[agency]]\nid = "ice"\nname = "ICE"\n',
        "oris.csv": "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n",
    }
    kind = "policy.toml" if tables & POLICY_TABLES else "agencies.toml" if tables & CATALOG_TABLES else "settings.toml"
    files[kind] = text
    for name, content in files.items():
        (folder / name).write_text(content)
    done = run([bin_dir / "blockwatch", "check-config", "--config", folder / "settings.toml"], status=None)
    return [line for line in (done.stdout + done.stderr).splitlines() if re.search(r"unknown (key|table)", line)]


def test_every_configuration_block_has_only_known_keys(bin_dir, tmp_path):
    wrong = []
    for place in toml_blocks():
        for line in unknown_keys(place.text, tmp_path, bin_dir):
            wrong.append(f"{place.document.relative_to(ROOT)}:{place.line}: {line}")
    assert not wrong, "configuration that the program refuses:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        '[state]\ndirr = "s"\n',
        '[[block]]\nid = "a"\njurisdiction = ["IL"]\n',
        '[[agency]]\nid = "a"\nnmae = "A"\n',
    ],
)
def test_the_configuration_check_can_fail(text, bin_dir, tmp_path):
    assert unknown_keys(text, tmp_path, bin_dir)


def test_every_metric_exists():
    source = "\n".join(
        path.read_text() for folder in ("base", "pipeline", "daemon", "state") for path in (ROOT / folder).rglob("*.cc")
    )
    wrong = [
        str(place)
        for place in spans()
        for metric in re.findall(r"\bblockwatch_[a-z_]*[a-z]\b", place.text)
        if f'"{metric}"' not in source
    ]
    assert not wrong, "metrics that do not exist:\n" + "\n".join(wrong)


def test_the_table_of_faults_is_what_the_tests_say_of_themselves():
    document = fault_table.DOCUMENT.read_text()
    assert fault_table.with_table(document) == document, "run tests/support/fault_table.py --write"
