"""The jump host's first boot, with commands that only note what they are asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path

from components.ingestion import JUMP_SCRIPT

STUBS = {
    "sleep": "",
    "chattr": "",
    "chmod": "",
    "systemctl": "",
    "dnf": """[ "$(grep -c '^dnf' $LOG)" -gt 2 ]""",
    "mount": """[ "$(grep -c '^mount ' $LOG)" -gt $PATIENCE ]""",
    "mountpoint": "[ $PATIENCE -lt 9 ]",
}
"""What each command does beside noting its call: dnf fails twice, mount as often as the test says."""


def boot(folder: Path, failures: int, seconds: int = 20) -> tuple[int, list[str]]:
    """The script's exit code, and the commands that it ran, in order."""
    commands, etc, log = folder / "bin", folder / "etc", folder / "log"
    commands.mkdir()
    (etc / "systemd" / "system").mkdir(parents=True)
    log.touch()
    for name, does in STUBS.items():
        (commands / name).write_text(f'#!/bin/sh\necho "{name} $*" >> $LOG\n{does}\n')
        (commands / name).chmod(0o755)
    mount = folder / "mnt"
    script = JUMP_SCRIPT.format(mount=mount, files="fs-1", folder=mount / "ingest")
    script = script.replace("/etc/", f"{etc}/").replace("timeout 1800", f"timeout {seconds}")
    environment = {"PATH": f"{commands}:/usr/bin:/bin", "LOG": str(log), "PATIENCE": str(failures)}
    done = subprocess.run(["sh", "-c", script], env=environment, check=False)
    return done.returncode, log.read_text().splitlines()


def test_it_waits_for_the_network_and_for_the_mount_targets_name(tmp_path: Path) -> None:
    code, ran = boot(tmp_path, failures=3)
    assert code == 0
    assert [sum(line.startswith(name) for line in ran) for name in ("dnf install", "mount ")] == [3, 4]
    assert ran.index(f"chattr +i {tmp_path}/mnt") < ran.index(f"mount {tmp_path}/mnt")
    assert (tmp_path / "etc" / "fstab").read_text() == f"fs-1:/ {tmp_path}/mnt efs _netdev,nofail,tls 0 0\n"
    assert (tmp_path / "mnt" / "ingest").is_dir()


def test_it_is_patched_every_week_to_the_newest_release(tmp_path: Path) -> None:
    _, ran = boot(tmp_path, failures=0)
    assert ran[-1] == "systemctl enable --now patch.timer"
    units = tmp_path / "etc" / "systemd" / "system"
    assert "OnCalendar=Sun" in (units / "patch.timer").read_text()
    assert "dnf upgrade -y --releasever=latest" in (units / "patch.service").read_text()


def test_nothing_is_made_on_a_bare_mount_point(tmp_path: Path) -> None:
    code, _ = boot(tmp_path, failures=1_000_000, seconds=1)
    assert code != 0
    assert list((tmp_path / "mnt").iterdir()) == []
