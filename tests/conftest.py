"""What every Python test has: a seed that can be repeated, a time limit, the programs, a real Kafka."""

import hashlib
import os
import pathlib
import random
import secrets
import signal

import pytest

from support.faults import Rounds
from support.kafka_broker import KafkaBroker
from support.processes import ROOT

TIME_LIMIT_SECONDS = 300

SEED = int(os.environ.get("BLOCKWATCH_SEED") or secrets.randbelow(2**31))


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_report_header(config):
    return f"BLOCKWATCH_SEED={SEED} (set it to repeat this run)"


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.append(("seed", f"repeat with BLOCKWATCH_SEED={SEED}"))


class TimeLimitExceeded(Exception):
    """A test ran longer than its time_limit."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    marker = item.get_closest_marker("time_limit")
    seconds = marker.args[0] if marker else TIME_LIMIT_SECONDS

    def on_alarm(signum, frame):
        raise TimeLimitExceeded(f"the test did not end within {seconds} s")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(int(seconds))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def seed(request) -> int:
    """A seed of this test's own, derived from the run's: independent of which other tests run."""
    text = f"{SEED}/{request.node.nodeid}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


@pytest.fixture
def rng(seed) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def rounds(request, seed) -> Rounds:
    """Of a test that is marked with its fault; the test fails if the fault struck in fewer of them than `least` says
    (default: all)."""
    said = request.node.get_closest_marker("fault").kwargs
    short = said.get("short", 1)
    count = said.get("long", short) if request.config.getoption("--long") else short
    made = Rounds(count, round(count * said.get("least", 1.0)))
    print(f"seed {seed}, {count} rounds")
    yield made
    print(f"the fault struck in {made.struck} of {count} rounds")
    made.check()


@pytest.fixture(scope="session")
def bin_dir() -> pathlib.Path:
    """The folder of the two programs under test."""
    folder = pathlib.Path(os.environ.get("BLOCKWATCH_BIN_DIR", ROOT / "build/release/bin"))
    for program in ("blockwatch", "blockwatchd"):
        if not (folder / program).is_file():
            pytest.fail(f"{folder / program} is missing: run ./dev build first", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def broker():
    """A Kafka that is up for the whole run. Shared: create topics of your own, never stop or freeze it."""
    with KafkaBroker() as running:
        yield running


@pytest.fixture(scope="module")
def own_broker():
    """A Kafka of this module's own, to be killed, frozen and restarted at will."""
    with KafkaBroker() as running:
        yield running
