"""The rig itself: what the other tests stand on. No product in here."""

import os
import signal
import sys

import pytest

from support import kafka_client
from support.processes import Process, free_port, run, wait_until

RECORDS = [
    (0, b"a", b'{"id":"a"}', 1_762_948_800_000),
    (0, b"b", b'{"id":"b"}', 1_762_948_800_001),
    (1, b"c", None, 1_262_304_000_000),  # a tombstone, of 2010
    (1, None, b"", 4_102_444_800_000),  # empty, of 2100
]

EXPECTED = [
    kafka_client.Record(0, 0, b"a", b'{"id":"a"}', 1_762_948_800_000),
    kafka_client.Record(0, 1, b"b", b'{"id":"b"}', 1_762_948_800_001),
    kafka_client.Record(1, 0, b"c", None, 1_262_304_000_000),
    kafka_client.Record(1, 1, None, b"", 4_102_444_800_000),
]


def test_records_come_back_as_they_were_produced(broker):
    kafka_client.create_topic(broker.bootstrap, "rig.echo", 3)
    assert kafka_client.produce_ndjson(broker.bootstrap, "rig.echo", RECORDS) == 4
    assert kafka_client.consume_all(broker.bootstrap, "rig.echo") == EXPECTED
    assert kafka_client.watermarks(broker.bootstrap, "rig.echo") == {0: (0, 2), 1: (0, 2), 2: (0, 0)}


def test_a_record_of_ten_megabytes_fits(broker):
    kafka_client.create_topic(broker.bootstrap, "rig.large", 1)
    kafka_client.produce_ndjson(broker.bootstrap, "rig.large", [(0, b"k", b"x" * 10_000_000, None)])
    assert len(kafka_client.consume_all(broker.bootstrap, "rig.large")[0].value) == 10_000_000


def test_a_topic_is_never_created_by_asking_for_it(broker):
    for _ in range(2):
        with pytest.raises(kafka_client.KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
            kafka_client.watermarks(broker.bootstrap, "rig.absent")


def test_a_deleted_topic_is_gone_and_can_be_created_anew(broker):
    kafka_client.create_topic(broker.bootstrap, "rig.anew", 1)
    kafka_client.produce_ndjson(broker.bootstrap, "rig.anew", [(0, b"k", b"old", None)])
    kafka_client.delete_topic(broker.bootstrap, "rig.anew")
    kafka_client.create_topic(broker.bootstrap, "rig.anew", 1)
    assert kafka_client.consume_all(broker.bootstrap, "rig.anew") == []


def test_data_survive_kill_and_restart(own_broker):
    kafka_client.create_topic(own_broker.bootstrap, "rig.kept", 3)
    kafka_client.produce_ndjson(own_broker.bootstrap, "rig.kept", RECORDS)
    own_broker.restart()
    assert kafka_client.consume_all(own_broker.bootstrap, "rig.kept") == EXPECTED
    own_broker.stop()
    assert not kafka_client.is_ready(own_broker.bootstrap)
    own_broker.start()
    assert kafka_client.consume_all(own_broker.bootstrap, "rig.kept") == EXPECTED


def test_a_frozen_broker_answers_nothing_until_thawed(own_broker):
    own_broker.freeze()
    assert not kafka_client.is_ready(own_broker.bootstrap)
    own_broker.thaw()
    wait_until(lambda: kafka_client.is_ready(own_broker.bootstrap), 20, "the thawed broker")


def test_killing_a_process_kills_its_children_too(tmp_path):
    child_file = tmp_path / "child"
    script = f"sleep 1000 & echo $! > {child_file}; wait"
    with Process(["bash", "-c", script], log=tmp_path / "log") as parent:
        child = int(wait_until(lambda: child_file.exists() and child_file.read_text(), 10, "the child's pid"))
        parent.kill()
        assert not parent.running()
    wait_until(lambda: not os.path.exists(f"/proc/{child}/cmdline") or _is_zombie(child), 10, "the child's end")


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_child_dies_with_a_killed_test_run(tmp_path):
    pid_file = tmp_path / "pid"
    script = (
        "import pathlib, sys, time; from support.processes import Process\n"
        f"child = Process(['sleep', '1000'], log=pathlib.Path({str(tmp_path / 'child.log')!r}))\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid)); time.sleep(1000)"
    )
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with Process([sys.executable, "-c", script], log=tmp_path / "run.log", env=env) as test_run:
        child = int(wait_until(lambda: pid_file.exists() and pid_file.read_text(), 10, "the child's pid"))
        assert os.path.exists(f"/proc/{child}")
        test_run.signal(signal.SIGKILL)
        wait_until(lambda: _is_zombie(child), 10, "the child's end")


def test_terminate_reports_the_status_and_the_deadline(tmp_path):
    with Process(["sleep", "1000"], log=tmp_path / "a.log") as child:
        assert child.terminate(10) == -signal.SIGTERM
    stubborn = "trap '' TERM; echo ready; while true; do sleep 0.1; done"
    with Process(["bash", "-c", stubborn], log=tmp_path / "b.log") as child:
        wait_until(lambda: "ready" in child.stdout(), 10, "the trap")
        with pytest.raises(AssertionError, match="still runs after 0.5 s"):
            child.terminate(0.5)


def test_run_checks_the_exit_status():
    assert run(["sh", "-c", "cat; exit 3"], status=3, stdin="in").stdout == "in"
    with pytest.raises(AssertionError, match="exit status 3, not 0"):
        run(["sh", "-c", "exit 3"])
    with pytest.raises(AssertionError, match="still runs"):
        run(["sleep", "1000"], seconds=0.2)


def test_free_port_can_be_bound():
    assert 1024 <= free_port() <= 65535
