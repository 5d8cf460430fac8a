"""What survives a power cut, in the adapter's storage and in the emulator's state; and that a loss would be seen."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.power.cuts import CONTROLS, STORIES, chain, main, run
from tests.power.disk import Begun, Disk, FolderForced, Forced, Named, Promised, Removed, Truncated, Written
from tests.power.life import BASE
from tests.power.vfs import recording
from tierspayant.emulator.state_file import StateFile

CUTS = 72
OLD, NEW = b"o" * 2048, b"n" * 2048


@pytest.mark.parametrize("name", STORIES)
def test_nothing_promised_is_lost_and_nothing_is_half_there(name: str, seed: int) -> None:
    tally = run([name], seed, CUTS, lambda _: None)
    assert tally.rows[name]["cuts"] >= CUTS
    assert not tally.broken, tally.broken[0].told()


@pytest.mark.parametrize("name", CONTROLS)
def test_a_broken_promise_is_found_out(name: str, seed: int) -> None:
    tally = run([name], seed, 1, lambda _: None)
    assert tally.rows[name][str(CONTROLS[name].loses)] > 0
    assert tally.blind() == []


@pytest.mark.parametrize("name", ["groups-normal", "threads", "state"])
def test_the_same_seed_is_the_same_chain(name: str, seed: int, tmp_path: Path) -> None:
    assert list(chain(name, seed, tmp_path)) == list(chain(name, seed, tmp_path))


def test_the_command_says_what_it_saw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--story", "groups-early", "--n", "1"]) == 0
    [_, row, total] = capsys.readouterr().out.splitlines()
    assert row.startswith("groups-early")
    assert f"SQLite {sqlite3.sqlite_version}" in total


def test_a_control_that_is_not_found_out_fails_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.power.disk.ARRIVED", (1.0,))
    monkeypatch.setattr("tests.power.cuts.PATIENCE", 1)
    assert main(["--story", "journal-told", "--n", "1"]) == 1
    assert capsys.readouterr().out.endswith("journal-told: nothing was found out\n")


def forced_disk() -> Disk:
    disk = Disk()
    for operation in (Named("a", 1), Written(1, 0, OLD), Forced(1), FolderForced()):
        disk.do(operation)
    return disk


def cuts_of(disk: Disk) -> list[dict[str, bytes]]:
    return [disk.cut(random.Random(seed)) for seed in range(1000)]


def test_what_was_forced_is_there_after_every_cut() -> None:
    assert all(cut == {"a": OLD} for cut in cuts_of(forced_disk()))


def test_what_was_not_forced_may_be_there_in_any_part() -> None:
    disk = forced_disk()
    disk.do(Written(1, 0, NEW))
    starts = range(0, len(NEW), 512)
    sectors = {tuple(cut["a"][start : start + 512] == NEW[:512] for start in starts) for cut in cuts_of(disk)}
    assert len(sectors) == 2**4


def test_of_two_writes_the_second_may_be_there_alone_and_a_hole_before_it_holds_nothing() -> None:
    disk = forced_disk()
    disk.do(Written(1, 2048, b"1" * 512))
    disk.do(Written(1, 2560, b"2" * 512))
    assert OLD + bytes(512) + b"2" * 512 in [cut["a"] for cut in cuts_of(disk)]
    assert OLD + bytes(1024) in [cut["a"] for cut in cuts_of(disk)]


def test_a_shorter_file_may_be_long_again_and_a_removed_one_back() -> None:
    disk = forced_disk()
    disk.do(Truncated(1, 100))
    assert {len(cut["a"]) for cut in cuts_of(disk)} == {100, 2048}
    disk.do(Removed("a"))
    disk.do(Named("b", 2))
    assert {tuple(cut) for cut in cuts_of(disk)} == {(), ("a",), ("b",), ("a", "b")}
    disk.do(FolderForced())
    assert {tuple(cut) for cut in cuts_of(disk)} == {("b",)}


def test_everything_sqlite_does_to_a_file_is_written_down_and_nothing_else(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    with recording(inside, random.Random(0).randbytes) as log:
        begun = len(log)
        with closing(sqlite3.connect(outside / "b", isolation_level=None)) as other:
            other.execute("CREATE TABLE t (x)")
        assert len(log) == begun
        with closing(sqlite3.connect(inside / "b", isolation_level=None)) as db:
            db.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(99999)); PRAGMA journal_mode=WAL;")
            db.executescript("DELETE FROM t; VACUUM; PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES (1)")
            lies = {path.name: path.read_bytes() for path in inside.iterdir() if path.name != "b-shm"}
            steps = [*log]
    ended = len(log)
    with closing(sqlite3.connect(inside / "b", isolation_level=None)) as db:
        db.execute("INSERT INTO t VALUES (2)")
    assert len(log) == ended
    assert {Written, Truncated, Forced, Removed, FolderForced} <= {type(step) for step in steps}
    disk = Disk(forgets=False)
    for step in steps:
        assert not isinstance(step, Begun | Promised)
        disk.do(step)
    assert sorted(lies) == ["b", "b-wal"]
    assert disk.cut(random.Random(0)) == lies


def test_a_forced_writing_that_changes_nothing_forces_what_was_written_before(tmp_path: Path) -> None:
    with recording(tmp_path, random.Random(0).randbytes) as log, closing(StateFile(tmp_path / BASE)) as file:
        with file.writing(forced=False):
            file.put("default", 1, b"{}")
        written = len(log)
        with file.writing(forced=True):
            file.put("default", 1, b"{}")
        assert [step for step in log[written:] if isinstance(step, Forced)]
