"""The letter's year, a hundredth of it: the product counts exactly what the generator says it wrote."""

import itertools
import json
import shutil

import pytest

from support.processes import run
from support.product import World, assert_balanced, generate

FROM, TO = "2024-10-01", "2025-10-01"
SCALE, SEED, PARTITIONS = "0.01", 20251112, 2
# The letter's figures: 290,000,000 queries, 292,114 by ICE, 605,116 by HSI.
TOTAL, ICE, HSI = 2_900_000, 2_921, 6_051
CLASSES = {"driver_license", "driver_history", "registration", "other"}
RESERVED = {"unknown", "ambiguous", "unclassified", "federal_unclassified"}
REJECT_REASONS = 13


class Year:
    """A generated year that was replayed: the generator's tally and the product's state."""

    def __init__(self, folder, bin_dir):
        data = folder / "data"
        generate(bin_dir, "--year", "--scale", SCALE, "--seed", SEED, "--partitions", PARTITIONS, "--out", data)
        self.tally = json.loads((data / "tally.json").read_text())
        self.world = World(folder / "world", bin_dir)
        inputs = [word for n in range(PARTITIONS) for word in ("--input", data / f"p{n}.ndjson")]
        self.world.replay("--as-of", TO, *inputs)
        shutil.rmtree(data)  # a gigabyte

    def report(self, by):
        words = ["--unit", "messages", "--rollup", "--by", by, "--format", "json"]
        return json.loads(self.world.cli("report", "--state-dir", self.world.state, "--from", FROM, "--to", TO, *words))

    def figures(self, by):
        return {row[by]: row["requests"] for row in self.report(by)["rows"]}


@pytest.fixture(scope="module")
def year(tmp_path_factory, bin_dir):
    return Year(tmp_path_factory.mktemp("year"), bin_dir)


def test_the_report_shows_the_letters_figures_scaled_exactly(year):
    report = year.report("agency,class")
    rollup = {row["label"]: row["requests"] for row in report["rollup"]}
    assert rollup["ICE excluding HSI"] == ICE
    assert rollup["HSI"] == HSI
    assert rollup["ICE total"] == ICE + HSI
    assert report["totals"] == {"requests": TOTAL}
    assert (report["complete"], report["final"], report["gaps"]) == (True, True, [])
    assert rollup["ice"] == ICE + HSI


@pytest.mark.parametrize("by", ["agency", "class", "month"])
def test_the_totals_of_each_dimension_equal_the_generators_own(year, by):
    assert year.figures(by) == year.tally["by_" + by]


def test_the_fate_of_every_record_is_what_the_generator_meant(year):
    completeness = year.world.completeness()
    assert_balanced(completeness)
    partitions = completeness["partitions"]
    assert len(partitions) == PARTITIONS
    for fate, records in year.tally["records"].items():
        assert sum(p[fate] for p in partitions) == records, fate
    for name in ("by_reason", "quality"):
        for key in partitions[0][name]:
            if key == "stray_results":
                continue  # how many jurisdictions a results list strays to is more than the generator keeps track of
            assert sum(p[name][key] for p in partitions) == year.tally[name].get(key, 0), key


def test_every_kind_of_record_is_in_it(year):
    """A comparison of zeros would prove nothing."""
    tally = year.tally
    assert tally["rollup"] == {"HSI": HSI, "ICE excluding HSI": ICE, "ICE total": ICE + HSI}
    assert all(count > 0 for count in tally["records"].values())
    assert len(tally["by_reason"]) == REJECT_REASONS
    assert set(tally["quality"]) == {"late", "bad_destination_partial", "unknown_codes"}
    assert set(tally["by_class"]) == CLASSES
    assert len(tally["by_month"]) == 12
    assert set(tally["by_agency"]) > RESERVED | {"ice", "ero", "hsi", "cbp", "canada", "nicb", "fbi"}
    assert sum(name.startswith("local_") for name in tally["by_agency"]) == 56
    kinds = {incident["kind"] for incident in year.world.incidents()}
    assert kinds >= {"block_leak", "blocked_query", "blocked_attempt", "enforcement_gap", "broadcast_by_blocked", "watch",
                     "unknown_ori", "inactive_ori", "lookalike_ori"}  # fmt: skip


def test_a_few_ask_most_and_nights_are_calm(year):
    agencies = sorted(year.figures("agency").values(), reverse=True)
    assert sum(agencies[:10]) > TOTAL / 3 > 1_000 * agencies[-1]
    days = year.figures("day")
    assert len(days) == 365
    weekday, weekend = days["2025-03-12"], days["2025-03-15"]
    assert 1.15 < weekday / weekend < 1.35


def small_year(bin_dir, folder, seed, partitions):
    """The records of all partitions in no order, and the tally."""
    generate(bin_dir, "--year", "--scale", "0.0001", "--seed", seed, "--partitions", partitions, "--out", folder)
    files = [folder / f"p{n}.ndjson" for n in range(partitions)]
    return sorted(itertools.chain(*(file.read_bytes().splitlines() for file in files))), (folder / "tally.json").read_text()


def test_the_records_depend_on_the_seed_and_not_on_the_partitions(tmp_path, bin_dir, seed):
    one, tally = small_year(bin_dir, tmp_path / "one", seed, 1)
    three, tally_of_three = small_year(bin_dir, tmp_path / "three", seed, 3)
    assert one == three
    assert tally == tally_of_three
    assert one != small_year(bin_dir, tmp_path / "other", seed + 1, 1)[0]
    assert json.loads(tally)["records"]["counted"] == 29_000


@pytest.mark.parametrize("scale", ["0", "11", "-1", "1e-3", "0.0000000001", "0.000000001", ""])
def test_a_scale_that_leaves_nothing_is_refused(bin_dir, scale):
    out = run([bin_dir / "blockwatch", "generate", "--year", f"--scale={scale}"], status=64)
    assert out.stdout == ""
