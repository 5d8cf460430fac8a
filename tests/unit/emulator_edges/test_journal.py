"""The journal: an exchange is found as soon as it is kept, and committed at once where its file outlives a kill."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from tierspayant.emulator import journal
from tierspayant.emulator.journal import Exchange, JournalFile

NOW = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)


def exchange(demande: bytes) -> Exchange:
    return Exchange(
        plateforme="p",
        chemin="/droits",
        operation="droits",
        service="droits",
        magasin="759999014",
        verdict="repondu",
        regle=None,
        effets=(),
        virtuel=NOW,
        demande_entetes=(("Host", "h"),),
        demande=demande,
        statut=200,
        reponse_entetes=(),
        reponse=b"<r/>",
        id_message=demande.decode(),
        emis_le=NOW,
    )


def committed(path: Path) -> int:
    """Rows that another connection sees, as a start after a kill does."""
    with sqlite3.connect(path) as other:
        [(count,)] = other.execute("SELECT count(*) FROM echange").fetchall()
    other.close()
    return int(count)


def test_a_row_of_a_file_that_is_kept_is_committed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    file = JournalFile(str(path), lambda: NOW, kept=True)
    one = file.of("s")
    for numero in range(1, 4):
        assert one.append(exchange(b"m%d" % numero)) == numero
        assert committed(path) == numero
    file.close()


@pytest.mark.parametrize(
    "count", [1, journal.TOGETHER - 1, journal.TOGETHER, journal.TOGETHER + 1, 3 * journal.TOGETHER]
)
def test_rows_that_wait_are_found_in_order_by_every_question(count: int) -> None:
    file = JournalFile("", lambda: NOW)
    one, other = file.of("one"), file.of("other")
    kept = [exchange(b"m%d" % rank) for rank in range(count)]
    for each in kept:
        one.append(each)
        other.append(exchange(b"x"))
    assert one.get(count) == kept[-1]
    one.append(kept[0])
    assert [each for _, each in one.after(0)] == [*kept, kept[0]]
    one.append(kept[0])
    assert one.rows("SELECT count(*), max(numero) FROM echange WHERE session = :session") == [(count + 2, count + 2)]
    assert (one.count(), other.count(), other.get(count + 1)) == (count + 2, count, None)
    assert file.of("one").count() == 0
    file.close()


def test_large_messages_do_not_wait_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    file = JournalFile("", lambda: NOW)
    write = file._write

    def counted() -> None:
        written.append(len(file._waiting))
        write()

    monkeypatch.setattr(file, "_write", counted)
    one, large = file.of("s"), exchange(b"<a/>" * (journal.MAX_WAITING // 8))
    for _ in range(4):
        one.append(large)
    assert written == [2, 2]
    file.close()
