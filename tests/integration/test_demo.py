"""The demo is the first thing that anyone sees: it runs by itself, shows alerts, reports, and leaves nothing behind."""

import os
import pty
import re
import subprocess

from support.processes import run

WIDTH = 100


def test_the_demo_shows_alerts_and_a_report_and_leaves_nothing_behind(bin_dir, tmp_path):
    done = run([bin_dir / "blockwatch", "demo", "--seconds", "6"], env={"TMPDIR": str(tmp_path)}, seconds=60)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in done.stdout
    alerts = [x for x in lines if re.match(r"\d\d:\d\d:\d\d  (critical|warning|info) ", x)]
    assert len(alerts) >= 3, done.stdout
    assert any(re.search(r"(il-ice|ma-license|mn-ice|ny-immigration).* \d+ ms$", x) for x in alerts), done.stdout
    assert re.search(r"^agency +state +requests .*blocked", done.stdout, re.M)
    assert re.search(r"^ICE total +\d", done.stdout, re.M)
    figures = re.search(r"([\d,]+) records sent, ([\d,]+) read = ([\d,]+) counted \+ ([\d,]+) duplicate \+ "
                        r"([\d,]+) rejected \+ ([\d,]+) out", done.stdout)  # fmt: skip
    sent, read, *fates = (int(x.replace(",", "")) for x in figures.groups())
    assert sent == read == sum(fates) and read >= 500
    assert "Nothing is missing" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_in_color_on_a_terminal_only_and_not_with_no_color(bin_dir, tmp_path):
    def shown(**env):
        master, slave = pty.openpty()
        command = [bin_dir / "blockwatch", "demo", "--seconds", "2"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                              env={**os.environ, "TMPDIR": str(tmp_path), **env}) as child:  # fmt: skip
            os.close(slave)
            text = b""
            while True:
                try:
                    piece = os.read(master, 65_536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                text += piece
            assert child.wait(60) == 0
        os.close(master)
        return text

    assert b"\x1b[1m" in shown(NO_COLOR="")
    assert b"\x1b" not in shown(NO_COLOR="1")
