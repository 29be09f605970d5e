"""What tests use is installed once, whoever comes at the same time and however an installation ended before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import conftest
from tools import install
from tools.cache import COMPLETE, ROOT, UNUSED_SECONDS, cache, find, kept, key_of
from tools.install import Missing, Tool


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_what_was_interrupted_is_made_again_and_what_is_complete_is_kept() -> None:
    def broken(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    def whole(folder: Path) -> None:
        assert not (folder / "half").exists()
        (folder / "whole").touch()

    with pytest.raises(KeyboardInterrupt):
        kept("tool", "1", broken)
    assert find("tool", "1") is None
    assert (kept("tool", "1", whole) / "whole").exists()
    assert (kept("tool", "1", broken) / "whole").exists()


MAKES = """
import sys
from tools.cache import kept
def make(folder):
    print("made", flush=True)
    sys.stdin.readline()
    (folder / "whole").touch()
print("asks", flush=True)
print((kept("tool", "1", make) / "whole").exists(), flush=True)
"""


def test_of_two_at_once_one_makes_it_and_the_other_waits() -> None:
    def asking(until: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", MAKES], cwd=ROOT, stdin=-1, stdout=-1, text=True)
        assert process.stdout is not None
        while process.stdout.readline().strip() != until:
            assert process.poll() is None
        return process

    one, other = asking("made"), asking("asks")
    assert one.communicate("\n", timeout=60)[0] == "True\n"
    assert other.communicate("\n", timeout=60)[0] == "True\n"


def test_another_version_is_removed_when_nobody_has_used_it_for_long() -> None:
    former = [kept("tool", key, lambda folder: None) for key in ("old", "used")]
    long_ago = time.time() - UNUSED_SECONDS - 1
    os.utime(former[0] / COMPLETE, (long_ago, long_ago))
    kept("tool", "new", lambda folder: None)
    assert [folder.exists() for folder in former] == [False, True]


def test_a_key_depends_on_the_strings_and_on_the_files_contents(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("numpy==1")
    before = key_of(lock, "3.11")
    assert before == key_of(lock, "3.11") != key_of(lock, "3.12") != key_of(lock, "3.1", "2")
    lock.write_text("numpy==2")
    assert key_of(lock, "3.11") != before


@pytest.mark.parametrize("required", [False, True])
def test_a_tool_that_cannot_be_installed_is_named_with_its_command_and_its_tests(
    required: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(folder: Path) -> None:
        install.run(sys.executable, "-c", "import sys; sys.exit('no room')")

    tools = {
        "fails": Tool("fails", ("1",), fails, "the tests of something"),
        "works": Tool("works", ("1",), lambda folder: None, "others"),
    }
    monkeypatch.setattr(install, "BY_NAME", tools)
    monkeypatch.setattr(install, "REPORT", tmp_path / "installed.json")
    monkeypatch.setattr(sys, "argv", ["install", "fails", "works"])
    monkeypatch.setenv("PLUMBLINE_REQUIRE_ALL", "1" if required else "")
    install.main()
    said = capsys.readouterr().out
    assert f"the tests of something {'fail' if required else 'are skipped'}: `{sys.executable} -c" in said
    assert "no room" in said
    assert set(json.loads((tmp_path / "installed.json").read_text())) == {"fails", "works"}
    assert install.place("works").parent == cache()
    with pytest.raises(Missing, match=r"(?s)-m tools.install fails` installs \(.*no room"):
        install.place("fails")


@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_missing_tool_skips_a_test_or_fails_it_where_everything_is_required(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_REQUIRE_ALL", required)
    with pytest.raises(outcome, match="Java 17 is missing"):
        conftest.missing(Missing("Java 17"))
