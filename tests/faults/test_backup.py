"""Backup, restore, fsck and rollback (rows 6 and 21 of docs/RELIABILITY.md): a copy made beside the running daemon is the
state of a moment, and what it is restored to counts on to the oracle's numbers; so does a state that went back."""

import json
import os
import shutil

import pytest

from support.processes import Process, run
from support.product import World, assert_exact, generate, new_topic, oracle_running, wait_settled

EVENTS, PARTITIONS, SEED = 12_000, 3, 81
SECONDS_A_ROUND = 2  # the traffic goes on for so long: the backups are made while it counts


@pytest.fixture(scope="module")
def data(tmp_path_factory, bin_dir):
    folder = tmp_path_factory.mktemp("backup") / "data"
    generate(bin_dir, "--events", EVENTS, "--seed", SEED, "--partitions", PARTITIONS, "--out", folder)
    return folder


@pytest.fixture
def world(tmp_path, bin_dir, broker):
    topic = new_topic(broker.bootstrap, f"backup.{os.urandom(4).hex()}", PARTITIONS)
    return World(tmp_path, bin_dir, brokers=broker.bootstrap, topic=topic, alerts=new_topic(broker.bootstrap, topic + ".alerts"))


def traffic(world, seconds):
    return Process(
        [world.bin_dir / "blockwatch", "generate", "--events", str(EVENTS), "--seed", str(SEED), "--from", "2025-05-20",
         "--rate", str(EVENTS // seconds), "--to-kafka", world.brokers, world.topic, str(PARTITIONS)],
        log=world.folder / "traffic.log",
    )  # fmt: skip


def consumed_in(world, state):
    return sum(p["consumed"] for p in json.loads(world.cli("completeness", "--state-dir", state, "--format", "json"))["partitions"])


def finish_and_compare(world, data):
    """What was given up is alerted again, under the same ids."""
    with oracle_running(world, data) as pending:
        with world.daemon() as daemon:
            wait_settled(world, daemon, EVENTS)
            assert daemon.terminate(10) == 0
        truth = pending.wait()
    assert_exact(world, truth, made_again=True)


@pytest.mark.fault(row=21, what="restore from a backup made beside the running daemon, while it counts", injected="the state is lost",
                   seen="the copy is whole, and what counts on from it ends with the oracle's counters and ids", short=2, long=12)  # fmt: skip
def test_backups_of_a_counting_daemon_are_whole_and_restore(world, data, tmp_path, rounds):
    with traffic(world, SECONDS_A_ROUND * rounds.count) as generator, world.daemon() as daemon:
        world.wait_consumed(daemon, 1)
        for number in rounds:
            made = tmp_path / f"backup{number}"
            world.cli("backup", "--state-dir", world.state, "--to", made)
            rounds.reached(0 < consumed_in(world, made) < EVENTS)
            assert json.loads(world.cli("fsck", "--state-dir", made, "--format", "json"))["wrong"] == 0
        assert generator.wait(60) == 0 and daemon.running(), daemon.tail()
        assert not list(world.state.glob("checkpoint*"))
    run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made)
    world.cli("restore", "--from", made, "--state-dir", world.state, status=64)  # the old state is still there
    world.wipe()
    world.cli("restore", "--from", made, "--state-dir", world.state)
    assert consumed_in(world, world.state) == consumed_in(world, made)
    finish_and_compare(world, data)


@pytest.mark.fault(row=21, what="restore from a backup, and from a replay", injected="an empty disk",
                   seen="reports, completeness and ids of alerts are the same bytes", often="once each")  # fmt: skip
def test_a_restored_and_a_replayed_state_answer_with_the_same_bytes(world, data, tmp_path):
    inputs = [word for p in range(PARTITIONS) for word in ("--input", data / f"p{p}.ndjson")]

    def answers():
        ask = lambda *words: world.cli(*words, "--state-dir", world.state, "--format", "json")
        incidents = json.loads(ask("alerts", "list"))["incidents"]
        return [ask("report", "--from", "2025-01-01", "--to", "2026-01-01", "--by", "day,ori,verdict"), ask("completeness"),
                [{**i, "notifications": [n["id"] for n in i["notifications"]]} for i in incidents]]  # fmt: skip

    world.replay(*inputs, "--as-of", "2026-01-01T00:00:00Z")
    first = answers()
    world.cli("backup", "--state-dir", world.state, "--to", tmp_path / "backup")
    world.wipe()
    world.cli("restore", "--from", tmp_path / "backup", "--state-dir", world.state)
    assert answers() == first
    world.wipe()
    world.replay(*inputs, "--as-of", "2026-01-01T00:00:00Z")
    assert answers() == first


@pytest.mark.fault(row=6, what="a backup that was damaged", injected="a changed, a missing, a foreign file",
                   seen="restore names it and leaves nothing behind", often="once each")  # fmt: skip
def test_a_damaged_backup_is_refused_by_name(world, data, tmp_path):
    world.replay("--input", data / "p0.ndjson", "--as-of", "2026-01-01T00:00:00Z")
    made, target = tmp_path / "backup", tmp_path / "restored"
    world.cli("backup", "--state-dir", world.state, "--to", made)
    file = max((made / "db").iterdir(), key=lambda path: path.stat().st_size)

    def refusal(name, damage):
        backup = shutil.copytree(made, tmp_path / name)
        damage(backup / "db")
        said = run([world.bin_dir / "blockwatch", "restore", "--from", backup, "--state-dir", target], status=65).stderr
        assert not (target / "db").exists()
        return said

    def flip(folder):
        bytes_ = bytearray((folder / file.name).read_bytes())
        bytes_[len(bytes_) // 2] ^= 1
        (folder / file.name).write_bytes(bytes_)

    assert f"db/{file.name} is not what was backed up" in refusal("changed", flip)
    assert f"db/{file.name} is missing" in refusal("missing", lambda folder: (folder / file.name).unlink())
    assert "db/999999.sst is not in its list" in refusal("foreign", lambda folder: (folder / "999999.sst").write_bytes(b"x"))
    world.cli("restore", "--from", made, "--state-dir", target)
    world.cli("backup", "--state-dir", target, "--to", made, status=64)  # never over another one
    world.cli("backup", "--state-dir", tmp_path / "nothing", "--to", tmp_path / "none", status=64)
    world.cli("restore", "--from", tmp_path, "--state-dir", tmp_path / "none", status=64)
    assert not (tmp_path / "none/db").exists()


@pytest.mark.fault(row=6, what="a flipped byte in the middle of the write-ahead log", injected="bytes changed in a stopped store",
                   seen="refused by name; repair --rollback goes back before it, and counting on ends with the oracle's numbers",
                   often="once")  # fmt: skip
def test_a_state_with_a_damaged_log_goes_back_and_counts_again(world, data):
    with traffic(world, 4) as generator, world.daemon() as daemon:
        assert generator.wait(60) == 0
        world.wait_consumed(daemon, EVENTS)
        daemon.kill()
    log = max((world.state / "db").glob("*.log"), key=lambda path: path.stat().st_size)
    with open(log, "r+b") as file:
        file.seek(log.stat().st_size // 2)
        file.write(b"\x55" * 16)
    with world.daemon() as daemon:
        assert daemon.wait(30) == 65
        assert "blockwatch repair --rollback" in daemon.stderr()
    said = world.cli("repair", "--rollback", "--state-dir", world.state)
    assert "went back to the point before the damage" in said
    kept = consumed_in(world, world.state)
    assert 0 < kept < EVENTS
    (folder,) = world.state.glob("rolled-back-*")
    assert (folder / log.name).stat().st_size > 0
    assert "nothing was done" in world.cli("repair", "--rollback", "--state-dir", world.state)
    finish_and_compare(world, data)
    (rollback,) = json.loads(world.cli("status", "--state-dir", world.state, "--format", "json"))["rollbacks"]
    assert sum(position["offset"] for position in rollback["positions"]) == kept
