"""What every storage backend promises about lots: an invoice is in one at most, and its bytes can be forgotten."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial

import pytest

from tests.contracts.storages import NOW, OTHER_SHOP, entry, put, read, write
from tierspayant.adapter.entry import Etat, Raison, advance
from tierspayant.adapter.policy import held
from tierspayant.adapter.storage.protocol import DejaLa, Membre, Sealed, Storage, Tables
from tierspayant.schemas.operations import Operation

LATER = NOW + dt.timedelta(hours=1)


def member(nom: str, lot: str = "lot-1", rang: int = 0) -> Membre:
    return Membre(entree=f"id-{nom}", lot=lot, numero="L1", porteur="id-A", rang=rang, taille=3)


def join(storage: Storage, *membres: Membre) -> None:
    def work(tables: Tables) -> None:
        for membre in membres:
            tables.put_membre(membre)

    write(storage, work)


def seal(genre: str, tables: Tables) -> None:
    tables.put_charge("id-A", genre, Sealed("cle", b"x"))


def test_a_lot_comes_back_in_its_order(storage: Storage) -> None:
    put(storage, *(entry(nom, operation=Operation.FACTURE) for nom in "ABC"))
    join(storage, member("C", rang=1), member("B"), member("A", rang=2))
    assert [un.entree for un in read(storage, lambda t: t.membres("lot-1"))] == ["id-B", "id-C", "id-A"]
    assert read(storage, lambda t: t.membre("id-C")) == member("C", rang=1)
    assert read(storage, lambda t: t.membre("id-D")) is None
    assert list(read(storage, lambda t: t.membres("lot-2"))) == []


def test_an_invoice_is_in_one_lot_only(storage: Storage) -> None:
    put(storage, *(entry(nom, operation=Operation.FACTURE) for nom in "AB"))
    write(storage, lambda t: t.put_membre(member("A")))
    with pytest.raises(DejaLa):
        write(storage, lambda t: t.put_membre(member("A", lot="lot-2")))
    with pytest.raises(DejaLa):
        write(storage, lambda t: t.put_membre(member("B")))  # the place is taken
    assert read(storage, lambda t: t.membre("id-A")) == member("A")
    assert read(storage, lambda t: t.membre("id-B")) is None


def test_an_invoice_that_left_its_lot_may_join_another(storage: Storage) -> None:
    put(storage, *(entry(nom, operation=Operation.FACTURE) for nom in "AB"))
    join(storage, member("A"), member("B", rang=1))
    write(storage, lambda t: t.delete_membre("id-A"))
    write(storage, lambda t: t.delete_membre("id-Z"))
    assert list(read(storage, lambda t: t.membres("lot-1"))) == [member("B", rang=1)]
    write(storage, lambda t: t.put_membre(member("A", lot="lot-2")))
    assert read(storage, lambda t: t.membre("id-A")) == member("A", lot="lot-2")


def test_loose_invoices_are_the_shops_own_queued_due_and_in_no_lot(storage: Storage) -> None:
    a_la_main = {"action": held(Raison.A_LA_MAIN)}
    put(
        storage,
        entry("urgent", operation=Operation.FACTURE, priorite=1, du_le=NOW),
        entry("old", operation=Operation.FACTURE, du_le=NOW - dt.timedelta(days=1)),
        entry("A", operation=Operation.FACTURE),
        entry("later", operation=Operation.FACTURE, du_le=LATER),
        entry("waits", operation=Operation.FACTURE, du_le=None),
        entry("pec"),
        entry("theirs", operation=Operation.FACTURE, magasin=OTHER_SHOP),
        entry("elsewhere", operation=Operation.FACTURE, plateforme="q"),
        replace(advance(entry("held", operation=Operation.FACTURE), Etat.RETENUE, NOW, **a_la_main), version=1),
        entry("taken", operation=Operation.FACTURE),
    )
    write(storage, lambda t: t.put_membre(member("taken")))
    shop = entry("A").magasin
    found = read(storage, lambda t: [une.reference for une in t.loose_invoices("p", shop, NOW, 10)])
    assert found == ["urgent", "old", "A"]
    assert read(storage, lambda t: [une.reference for une in t.loose_invoices("p", shop, NOW, 2)]) == ["urgent", "old"]


def test_one_charge_can_be_forgotten_alone(storage: Storage) -> None:
    put(storage, entry("A"))
    for genre in ("corps", "requete"):
        write(storage, partial(seal, genre))
    write(storage, lambda t: t.delete_charge("id-A", "requete"))
    write(storage, lambda t: t.delete_charge("id-A", "requete"))
    assert read(storage, lambda t: t.charge("id-A", "requete")) is None
    assert read(storage, lambda t: t.charge("id-A", "corps")) == Sealed("cle", b"x")
