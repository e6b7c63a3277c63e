"""The systemd unit: as hard as it claims to be, and with the answers to our exit codes."""

import re
import shutil

from support.processes import ROOT, run

UNIT = ROOT / "systemd/blockwatchd.service"


def value_of(key: str) -> str:
    return re.search(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)[1]


def test_the_unit_scores_at_most_1_5():
    done = run(["systemd-analyze", "security", "--offline=true", "--threshold=15", UNIT], status=None)
    assert done.returncode == 0, done.stdout + done.stderr


def test_systemd_accepts_the_unit(tmp_path, bin_dir):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/bin/blockwatchd", str(bin_dir / "blockwatchd")))
    done = run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit], status=None)
    assert done.returncode == 0, done.stdout + done.stderr
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line and "network-online" not in line]
    assert not ours, "\n".join(ours)


def test_what_no_restart_mends_is_not_restarted():
    assert value_of("RestartPreventExitStatus") == "65 78"
    assert value_of("Restart") == "always"


def test_systemd_waits_longer_than_the_daemon_takes_to_stop():
    assert int(value_of("TimeoutStopSec")) > 10


def test_the_user_of_the_unit_is_created():
    user = value_of("User")
    assert re.search(rf"^u {user} ", (ROOT / "systemd/blockwatch.sysusers.conf").read_text(), re.MULTILINE)
    assert shutil.which("systemd-sysusers")
    run(["systemd-sysusers", "--dry-run", ROOT / "systemd/blockwatch.sysusers.conf"])
