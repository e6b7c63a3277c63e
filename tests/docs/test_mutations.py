"""The wrong edits that `./dev test --long` makes still fit the tree."""

import re
import tomllib

from support.processes import ROOT


def test_each_wrong_edit_has_its_place_and_its_test():
    mutations = tomllib.loads((ROOT / "tests/mutations/mutations.toml").read_text())["mutation"]
    assert len(mutations) >= 20
    unit_tests = "\n".join(path.read_text() for path in sorted((ROOT / "tests/unit").rglob("*_test.cc")))
    lists = "\n".join(path.read_text() for path in sorted((ROOT / "tests/unit").rglob("CMakeLists.txt")))
    wrong = []
    for m in mutations:
        times = (ROOT / m["file"]).read_text().count(m["old"])
        if times != 1 or m["old"] == m["new"]:
            wrong.append(f"{m['what']}: its old text stands {times} times in {m['file']}")
        if m["test"] == "worlds":
            continue
        suite, _, name = m["test"].partition(".")
        if not re.search(rf"TEST(_F)?\({suite}, {name}\)", unit_tests):
            wrong.append(f"{m['what']}: there is no test {m['test']}")
        if f"bw_add_unit_test({m['program']}" not in lists:
            wrong.append(f"{m['what']}: there is no program {m['program']}")
    assert not wrong, "\n".join(wrong)
