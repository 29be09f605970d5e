"""A library on a disk that can only be read here, though others may write to it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import runtime.local.sqlite
from runtime.local.home import Home
from runtime.local.sqlite import StillChanging
from runtime.ports import PlumblineError
from runtime.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A library with a conversation that is only in the database's log."""
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path / "home")}))
    home.conversations.create("me", "About kilns")
    return home


@pytest.fixture
def open_read_only(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Home]:
    """Opens it as if its disk could not be written; not even root could."""
    access = os.access
    folder = home.settings.home
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder and access(path, mode))
    return lambda: Home(home.settings)


def titles(home: Home) -> set[str]:
    return {one.title for one in home.conversations.find("me")}


def test_it_can_be_asked_and_says_what_it_can_not(home: Home, open_read_only: Callable[[], Home]) -> None:
    reading = open_read_only()
    assert titles(reading) == {"About kilns"}
    with pytest.raises(PlumblineError, match="read-only"):
        reading.upload("a.pdf", Path("a.pdf"))
    reading.conversations.create("me", "Gone with the process")
    assert titles(home) == {"About kilns"}


def test_a_database_that_changes_while_it_is_copied_is_copied_again(
    home: Home, open_read_only: Callable[[], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, copied = shutil.copyfile, list[str]()

    def disturbed(source: str, target: Path) -> None:
        copy(source, target)
        copied.append(source)
        if len(copied) == 1:  # between the database and its log
            home.conversations.create("me", "About slips")
            with sqlite3.connect(home.database.path) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

    monkeypatch.setattr(shutil, "copyfile", disturbed)
    assert titles(open_read_only()) == {"About kilns", "About slips"}


def test_a_database_that_never_stops_changing_is_said_to(
    home: Home, open_read_only: Callable[[], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copyfile

    def disturbed(source: str, target: Path) -> None:
        copy(source, target)
        home.conversations.create("me", "More")

    monkeypatch.setattr(shutil, "copyfile", disturbed)
    monkeypatch.setattr(runtime.local.sqlite, "COPY_SECONDS", 0.2)
    with pytest.raises(StillChanging, match="others are changing it"):
        open_read_only()
