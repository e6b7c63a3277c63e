"""The house rules of docs/ARCHITECTURE.md that a compiler does not check."""

import pathlib
import re
import subprocess
import sys
from typing import Dict, Iterator, List, Set, Tuple

from support.processes import ROOT, run

# Which room may include which. Acyclic; the same order as the link targets.
MAY_INCLUDE: Dict[str, Set[str]] = {
    "base": set(),
    "config": {"base"},
    "state": {"base"},
    "pipeline": {"base", "config", "state"},
    "query": {"base", "config", "state", "pipeline"},
    "daemon": {"base", "config", "state", "pipeline", "query"},
    "cli": {"base", "config", "state", "pipeline", "query"},
}
ROOMS = tuple(MAY_INCLUDE)

# The one way around the order: replay and demo run the daemon's data path
# (docs/decisions/0006-cli-runs-the-data-path.md).
EXCEPTIONS = {("cli", "daemon/wiring.h"), ("cli", "daemon/signals.h")}

# Where each third party may be included.
PARTS = {
    r"simdjson\.h": r"pipeline/parse\w*\.(cc|h)",
    r"(zlib|zstd)\.h": r"pipeline/file/\w+\.cc",
    r"librdkafka/.*": r"pipeline/kafka/.*",
    r"rocksdb/.*": r"state/.*",
    r"spdlog/.*": r"base/log\.cc",
    r"toml\+\+/.*": r"config/.*\.cc",
    r"microhttpd\.h": r"daemon/http/.*",
    r"curl/.*": r"(cli/.*\.cc|pipeline/output/.*)",
    r"CLI/.*": r"(cli/.*|daemon/main\.cc)",
    r"systemd/.*": r"(daemon/.*\.cc|base/log\.cc)",
}

LINES_MAX = 500


def files() -> List[pathlib.Path]:
    """Every file of the tree that is not ignored, relative to its root."""
    listed = run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).stdout
    return sorted(pathlib.Path(name) for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def sources() -> List[pathlib.Path]:
    found = [path for path in files() if path.parts[0] in ROOMS and path.suffix in (".h", ".cc")]
    assert len(found) >= 20
    return found


def includes() -> Iterator[Tuple[pathlib.Path, int, str]]:
    for path in sources():
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if match:
                yield path, number, match[1]


def test_rooms_include_only_the_rooms_below_them():
    wrong = []
    for path, number, included in includes():
        room, other = path.parts[0], included.split("/")[0]
        allowed = other in MAY_INCLUDE[room] or (room, included) in EXCEPTIONS
        if other in ROOMS and other != room and not allowed:
            wrong.append(f"{path}:{number}: {room}/ must not include {included}")
    assert not wrong, "\n".join(wrong)


def test_third_parties_keep_to_their_rooms():
    wrong = []
    for path, number, included in includes():
        for part, room in PARTS.items():
            if re.fullmatch(part, included) and not re.fullmatch(room, str(path)):
                wrong.append(f"{path}:{number}: {included} belongs into {room}")
    assert not wrong, "\n".join(wrong)


def test_no_rocksdb_type_leaves_its_room():
    private = {str(path) for path, _, included in includes() if path.suffix == ".h" and included.startswith("rocksdb/")}
    wrong = [
        f"{path}:{number}: {included} holds RocksDB types"
        for path, number, included in includes()
        if included in private and path.parts[0] != "state"
    ]
    assert not wrong, "\n".join(wrong)


def test_every_source_file_is_listed_in_the_build():
    wrong = []
    for path in files():
        in_room = path.parts[0] in ROOMS or path.parts[:2] == ("tests", "unit")
        if path.suffix != ".cc" or not in_room:
            continue
        lists = [ROOT / folder / "CMakeLists.txt" for folder in path.parents]
        names = [
            re.search(rf"(?<![\w./-]){re.escape(str((ROOT / path).relative_to(file.parent)))}(?![\w./-])", file.read_text())
            for file in lists
            if file.is_file()
        ]
        if not any(names):
            wrong.append(str(path))
    assert not wrong, "in no CMakeLists.txt:\n" + "\n".join(wrong)


def test_every_python_test_is_collected():
    suites = [folder for folder in ("integration", "property", "simulation", "crash", "faults", "docs", "performance") if (ROOT / "tests" / folder).is_dir()]
    folders = [ROOT / "tests" / folder for folder in suites]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--long", *folders]
    collected = run(command, cwd=ROOT).stdout
    wrong = [
        str(path)
        for path in files()
        if path.parts[0] == "tests"
        and path.suffix == ".py"
        and re.search(r"^\s*def test_\w", (ROOT / path).read_text(), re.MULTILINE)
        and f"{path.relative_to('tests')}::" not in collected
    ]
    assert not wrong, "tests that no suite runs:\n" + "\n".join(wrong)


def test_files_are_short():
    lengths = [(path, len((ROOT / path).read_text().splitlines())) for path in sources()]
    wrong = [f"{path}: {length} lines" for path, length in lengths if length > LINES_MAX]
    assert not wrong, f"more than {LINES_MAX} lines, so probably two files:\n" + "\n".join(wrong)


def test_names_say_what_a_thing_is():
    wrong = [str(path) for path in files() if re.search(r"(^|_)(manager|helper|util)s?[_.]", path.name)]
    for path in sources():
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            if re.search(r"(?<!rocksdb::)\b\w*(Manager|Helper|Util)s?\b", re.sub(r"rocksdb::\w+", "", line)):
                wrong.append(f"{path}:{number}: {line.strip()}")
    assert not wrong, "Manager, Helper, Util say nothing:\n" + "\n".join(wrong)


def test_every_header_begins_with_a_comment():
    wrong = [str(path) for path in sources() if path.suffix == ".h" and not (ROOT / path).read_text().startswith("//")]
    assert not wrong, "no comment that says what the file is:\n" + "\n".join(wrong)


def test_headers_guard_themselves():
    wrong = [str(path) for path in sources() if path.suffix == ".h" and "#pragma once" not in (ROOT / path).read_text()]
    assert not wrong, "no #pragma once:\n" + "\n".join(wrong)


def test_nothing_is_left_for_later_or_names_one_machine():
    # Spelled in pieces, so that this file does not find itself.
    banned = ["TO" + "DO", "FIX" + "ME", "X" + "XX:", "/wo" + "rk/", ".lib" + "rary/", "../sha" + "red"]
    wrong = []
    for path in files():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            wrong += [f"{path}:{number}: {word}" for word in banned if word in line]
    assert not wrong, "\n".join(wrong)


def test_the_entry_scripts_can_be_run():
    for script in ("dev", ".ci/run", "tests/fresh_root/run"):
        assert (ROOT / script).stat().st_mode & 0o111, f"{script} is not executable"
        subprocess.run(["bash", "-n", ROOT / script], check=True)
