"""What the engines that outlive a process add: their files, schemas, migrations and statements."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from pathlib import Path

import psycopg
import pytest

from tests.contracts.storages import Base, entry, put, read, result
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.named_sql import migrations, statements
from tierspayant.adapter.storage.protocol import (
    StorageError,
)


def test_what_was_committed_is_there_after_a_new_start(durable: Base) -> None:
    first = durable.open()
    put(first, entry("A"))
    result(first.close())
    again = durable.open()
    assert read(again, lambda t: t.entry("id-A")) == entry("A")
    result(again.close())


def test_only_one_process_opens_the_file(tmp_path: Path) -> None:
    base = Base("sqlite", tmp_path)
    first = base.open()
    with pytest.raises(BaseOccupee):
        base.open()
    result(first.close())


def test_the_table_itself_refuses_what_the_life_forbids(durable: Base) -> None:
    storage = durable.open()
    for illegal in (
        entry("held", etat=Etat.RETENUE, du_le=None),
        entry("lapsed", etat=Etat.PERIMEE, du_le=None),
        entry("withdrawn", etat=Etat.RETIREE),
        entry("leaving", etat=Etat.ENVOI, noeud=None),
        entry("left", etat=Etat.ENVOI, noeud="n1", du_le=None),
    ):
        with pytest.raises(StorageError, match=r"(?i)check"):
            put(storage, illegal)
    result(storage.close())


def test_a_newer_schema_is_refused(durable: Base) -> None:
    result(durable.open().close())
    if durable.backend == "sqlite":
        with sqlite3.connect(durable.folder / "adapter.db") as db:
            db.execute("PRAGMA user_version=9999")
        db.close()
    else:
        with psycopg.connect(durable.url) as server:
            server.execute("INSERT INTO schema_tp VALUES (9999, 'later')")
    with pytest.raises(StorageError, match="newer program"):
        durable.open()


def test_the_engines_have_the_same_migrations_and_the_same_statements() -> None:
    assert [(une.numero, une.nom) for une in migrations("sqlite")] == [
        (une.numero, une.nom) for une in migrations("postgres")
    ]
    assert statements("postgres").keys() == statements("sqlite").keys() | {"notify"}


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_every_field_of_an_entry_has_its_column_and_is_written(engine: str) -> None:
    sql = statements(engine)
    fixed = {"id", "id_message", "magasin", "operation", "reference", "dossier", "equipement", "cree_le"}
    for field in fields(Entry):
        assert f":{field.name}" in sql["insert_entry"], field.name
        if field.name not in fixed:
            assert f"{field.name} = :{field.name}" in sql["update_entry"], field.name
    assert migrations(engine)[0].nom == "initial"
