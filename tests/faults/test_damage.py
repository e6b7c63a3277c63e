"""Flipped bits in the files of a stopped state (row 6 of docs/RELIABILITY.md): whoever opens it afterwards either refuses it
by name and says what to do, or shows and counts what the oracle does. Never a wrong count, never a crash."""

import itertools
import json
import os
import pathlib
import shutil

import pytest

from support.processes import run, wait_until
from support.product import World, assert_same, comparable
from support.traffic import Traffic

DAMAGED = 65
# Where bytes are: of each kind there is at least one file.
KINDS = ("*.sst", "*.blob", "*.log", "MANIFEST-*", "CURRENT")


@pytest.fixture(scope="module")
def traffic(tmp_path_factory, bin_dir):
    return Traffic(tmp_path_factory.mktemp("traffic"), bin_dir, events=8_000, partitions=2, seed=61)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, bin_dir, broker, traffic):
    """A state that has counted everything: one half lies in tables and blob files, the other in the log."""
    portions = traffic.portions(broker.bootstrap, "damage")
    world = World(tmp_path_factory.mktemp("whole"), bin_dir, brokers=broker.bootstrap, topic=portions.topic)
    half = portions.some(traffic.events // 4)
    with world.daemon() as daemon:
        world.wait_consumed(daemon, half)  # and is killed: the next start writes tables
    with world.daemon() as daemon:
        portions.rest()
        world.wait_consumed(daemon, traffic.events)
        world.wait_all_closed(daemon)
        assert daemon.terminate(10) == 0
    for kind in KINDS:
        assert list(world.state.glob(f"db/{kind}")), f"no {kind} in the state"
    return world


def flip(state: pathlib.Path, kind: str, rng) -> str:
    """One bit of one file."""
    path = rng.choice([file for file in sorted(state.glob(f"db/{kind}")) if file.stat().st_size > 0])
    content = bytearray(path.read_bytes())
    place, bit = rng.randrange(len(content)), rng.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return f"{path.name}: bit {bit} of byte {place} of {len(content)}"


def assert_named(status, said):
    assert status == DAMAGED, f"ended with {status}\n{said}"
    assert "state damaged: " in said and "restore a backup" in said, said


def read(world, *words):
    """What a command says of the state; None: it refuses the state."""
    done = run([world.bin_dir / "blockwatch", *map(str, words), "--state-dir", world.state, "--format", "json"], status=None)
    if done.returncode == 0:
        return json.loads(done.stdout)
    assert_named(done.returncode, done.stderr)
    return None


def refused_or_counts(world, records):
    """Lets the daemon open it and count what may be missing now. Whether it refused."""
    with world.daemon() as daemon:

        def done():
            return not daemon.running() or world.consumed() >= records

        wait_until(done, 60, "the daemon to count or to refuse")
        if daemon.running():
            daemon.terminate(10)
        status = daemon.wait(1)
    if status == 0:
        return False
    assert_named(status, world.log.read_text())
    return True


def assert_reads_as(world, truth):
    """Each answer is the oracle's, or a refusal. Whether there was one."""
    answers = [read(world, "completeness")]
    if answers[0] is not None:
        assert_same("completeness", answers[0]["partitions"], truth["completeness"]["partitions"])
    answers.append(read(world, "alerts", "list"))
    if answers[-1] is not None:
        # What was lost of the log's end is counted again, and closed again when its time has come.
        open_only = lambda i: {**comparable(i, positions=True), "notifications": []}
        assert_same("incident", [open_only(i) for i in answers[-1]["incidents"]], [open_only(i) for i in truth["incidents"]])
    for cut in truth["reports"][:4]:
        answers.append(read(world, "report", "--from", truth["from"], "--to", truth["to"], "--by", ",".join(cut["by"]),
                            *itertools.chain(*(("--" + n, cut[n]) for n in ("agency", "unit") if n in cut))))  # fmt: skip
        if answers[-1] is not None:
            assert_same("report by " + ",".join(cut["by"]), answers[-1]["rows"], cut["rows"])
    return None in answers


@pytest.mark.fault(row=6, what="a flipped bit in a table, a blob file, the log, the manifest, CURRENT", injected="bytes changed in a stopped state",
                   seen="daemon and command line refuse it by name (65), or count and show what the oracle does", short=10, long=200)  # fmt: skip
@pytest.mark.time_limit(1200)
def test_a_flipped_bit_is_refused_by_name_or_changes_no_figure(whole, traffic, tmp_path, bin_dir, broker, rng, rounds):
    truth = traffic.truth(whole.topic)
    refusals = 0
    for number, kind in zip(rounds, itertools.cycle(KINDS)):
        world = World(tmp_path / f"world{number}", bin_dir, brokers=broker.bootstrap, topic=whole.topic)
        shutil.copytree(whole.state, world.state)
        what = flip(world.state, kind, rng)
        print(what, end=": ")
        refused = refused_or_counts(world, traffic.events)
        refused |= assert_reads_as(world, truth)
        print("refused" if refused else "the oracle's figures")
        refusals += refused
        rounds.reached()
        shutil.rmtree(world.folder)
    assert refusals > 0, "no flip was noticed: they all hit nothing"


@pytest.mark.fault(row=6, what="a log that is torn at its end", injected="bytes cut off in a stopped state",
                   seen="opens with the commits before, counts the rest again, exact", short=2, long=50)  # fmt: skip
@pytest.mark.time_limit(600)
def test_a_torn_log_opens_and_what_it_lost_is_counted_again(whole, traffic, tmp_path, bin_dir, broker, rng, rounds):
    truth = traffic.truth(whole.topic)
    for number in rounds:
        world = World(tmp_path / f"world{number}", bin_dir, brokers=broker.bootstrap, topic=whole.topic)
        shutil.copytree(whole.state, world.state)
        log = max(world.state.glob("db/*.log"), key=lambda path: path.stat().st_size)
        os.truncate(log, rng.randrange(log.stat().st_size // 2))  # behind that half records may not be the last that was written
        left = sum(p["consumed"] for p in read(world, "completeness")["partitions"])
        assert not refused_or_counts(world, traffic.events)
        assert not assert_reads_as(world, truth)
        rounds.reached(left < traffic.events)
        shutil.rmtree(world.folder)
