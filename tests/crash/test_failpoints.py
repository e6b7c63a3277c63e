"""A crash between any two steps of a commit: the next start goes on from the store, exactly.

Needs programs with failpoints compiled in (the asan preset).
"""

import re
import signal

import pytest

from support.processes import ROOT, Process
from support.product import World, assert_exact, generate, in_topic, new_topic, oracle_running, wait_settled

EVENTS = 12_000
PARTITIONS = 3
RATE = 12_000  # a second: so many commits happen while the records come
HITS = (1, 4)
SEED = 99


def failpoints():
    """The names in the sources: a new one is tested from the day it is there."""
    names = set()
    for folder in ("base", "state", "pipeline", "daemon"):
        for source in (ROOT / folder).rglob("*.cc"):
            names.update(re.findall(r'\bfailpoint\("(\w+)"\)', source.read_text()))
    return sorted(names)


@pytest.fixture(scope="module")
def truth(tmp_path_factory, bin_dir):
    folder = tmp_path_factory.mktemp("truth")
    generate(bin_dir, "--events", EVENTS, "--seed", SEED, "--partitions", PARTITIONS, "--out", folder / "data")
    with oracle_running(World(folder / "oracle", bin_dir, topic="crash"), folder / "data") as pending:
        yield pending.wait()


def test_every_step_of_a_commit_has_a_failpoint():
    assert {"before_commit", "commit_built", "after_commit"} <= set(failpoints())


@pytest.mark.fault(row=2, what="a crash between two steps", injected="failpoints that kill",
                   seen="counters and ids are the oracle's, no alert is missing", often="twice at each step")  # fmt: skip
@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("name", failpoints())
def test_a_crash_at_a_failpoint_loses_and_repeats_nothing(name, hit, tmp_path, bin_dir, broker, truth):
    topic = new_topic(broker.bootstrap, f"crash.{name}.{hit}", PARTITIONS)
    alerts = new_topic(broker.bootstrap, f"{topic}.alerts")
    world = World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=topic, alerts=alerts)
    traffic = ["generate", "--events", EVENTS, "--seed", SEED, "--from", "2025-05-20", "--rate", RATE, "--to-kafka",
               broker.bootstrap, topic, PARTITIONS]  # fmt: skip
    with world.daemon(env={"BLOCKWATCH_FAILPOINT": f"{name}:{hit}"}) as doomed:
        with Process([bin_dir / "blockwatch", *map(str, traffic)], log=tmp_path / "traffic.log") as generator:
            status = doomed.wait(60)
            assert status == -signal.SIGKILL, f"{name} was not hit {hit} times: status {status}\n{doomed.tail()}"
            assert generator.wait(60) == 0, generator.tail()
    with world.daemon() as daemon:
        wait_settled(world, daemon, EVENTS)
        assert daemon.terminate(10) == 0
    expected = in_topic(truth, topic)
    assert_exact(world, expected)
