"""What every storage backend promises about payment returns, files paid up front, ages and people."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

from tests.contracts.storages import NOW, OTHER_SHOP, SHOP, entry, put, read, write
from tierspayant.adapter.avances import DEBUT, Avance, Curseur, Orphelins
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.remittances import Releve, Retour, cursor
from tierspayant.adapter.storage.protocol import (
    Storage,
    Tables,
)
from tierspayant.schemas.codes import motif
from tierspayant.schemas.messages import TypeRetour
from tierspayant.schemas.operations import Operation


def retour(bordereau: str = "B1", rang: int = 1, **changes: Any) -> Retour:
    return Retour(
        **{
            "plateforme": "p",
            "magasin": SHOP,
            "bordereau": bordereau,
            "rang": rang,
            "emis_le": dt.date(2024, 2, 5),
            "reference_virement": "VIR1",
            "organisme": None,
            "type": TypeRetour.PAIEMENT,
            "numero_facture": "1",
            "reference": "A",
            "numero_pec": None,
            "demande_centimes": 17991,
            "paye_centimes": 17991,
            "motifs": (motif("FAC11"),),
            "entree": None,
            "recu_le": NOW,
            **changes,
        }
    )


def test_a_line_of_a_remittance_is_kept_once(storage: Storage) -> None:
    put(storage, entry("A"))
    mine = retour(entree="id-A", paye_centimes=-5, type=TypeRetour.INDU)
    assert write(storage, lambda t: t.add_retour(mine))
    assert not write(storage, lambda t: t.add_retour(replace(mine, paye_centimes=7)))
    assert write(storage, lambda t: t.add_retour(retour(rang=2)))
    assert write(storage, lambda t: t.add_retour(retour("B0", emis_le=dt.date(2024, 2, 1), magasin=OTHER_SHOP)))
    assert list(read(storage, lambda t: t.retours_of("id-A"))) == [mine]
    since = dt.date(2024, 2, 2)
    assert [un.rang for un in read(storage, lambda t: t.retours(SHOP, since, 10))] == [1, 2]
    assert [un.bordereau for un in read(storage, lambda t: t.retours(None, dt.date(2024, 1, 1), 2))] == ["B0", "B1"]


def test_returns_are_asked_for_by_platform_and_shop(storage: Storage) -> None:
    one = Releve(plateforme="p", magasin=SHOP, du_le=NOW)
    for releve in (one, replace(one, magasin=OTHER_SHOP), replace(one, plateforme="q")):
        write(storage, partial(_put_releve, releve=releve))
    later = replace(one, du_le=NOW + dt.timedelta(hours=6), curseur="B1")
    write(storage, partial(_put_releve, releve=later))
    assert read(storage, lambda t: t.releve("p", SHOP)) == later
    assert read(storage, lambda t: t.releve("x", SHOP)) is None
    assert [un.magasin for un in read(storage, lambda t: t.releves("p"))] == [SHOP, OTHER_SHOP]


def _put_releve(tables: Tables, releve: Releve) -> None:
    tables.put_releve(releve)


def test_money_is_expected_while_an_invoice_has_such_a_result(storage: Storage) -> None:
    put(
        storage,
        entry("A", operation=Operation.FACTURE, etat=Etat.TERMINEE, resultat="acceptee", du_le=None),
        entry("B", operation=Operation.FACTURE, etat=Etat.TERMINEE, resultat="payee", magasin=OTHER_SHOP, du_le=None),
        entry("C", resultat="acceptee", magasin="759999030"),
    )
    found = [
        read(storage, partial(_expected, magasin=magasin)) for magasin in (SHOP, OTHER_SHOP, "759999030", "nobody")
    ]
    assert found == [True, False, False, False]


def _expected(tables: Tables, magasin: str) -> bool:
    return tables.expected("p", magasin, ("acceptee", "payee_partielle"))


def test_a_file_paid_up_front_is_kept_and_may_be_undone(storage: Storage) -> None:
    avance = Avance(magasin=SHOP, dossier="D-1", cree_le=NOW, acompte_centimes=5000, donnees={"retirees": ["id-A"]})
    write(storage, lambda t: t.lock_file(SHOP, "D-1"))
    write(storage, lambda t: t.put_avance(avance))
    assert read(storage, lambda t: t.avance(SHOP, "D-1")) == avance
    assert read(storage, lambda t: t.avance(OTHER_SHOP, "D-1")) is None
    undone = replace(avance, annule_le=NOW)
    write(storage, lambda t: t.put_avance(undone))
    assert read(storage, lambda t: t.avance(SHOP, "D-1")) == undone
    assert (avance.active, undone.active) == (True, False)


def test_the_last_answered_rights_check_of_the_same_person_is_found(storage: Storage) -> None:
    later = NOW + dt.timedelta(hours=1)
    rights = {"operation": Operation.DROITS, "dossier": None, "equipement": None}
    put(
        storage,
        entry("old", resultat="fermes", **rights),
        entry("last", resultat="ouverts", maj_le=later, **rights),
        entry("other", resultat="ouverts", maj_le=later, **rights),
        entry("theirs", resultat="ouverts", magasin=OTHER_SHOP, maj_le=later, **rights),
        entry("refused", resultat="inconnu", maj_le=later + dt.timedelta(1), **rights),
        entry("me", maj_le=later, **rights),
    )
    who = {"old": "p", "last": "p", "other": "q", "theirs": "p", "refused": "p", "me": "p"}

    def note(tables: Tables) -> None:
        for nom, personne in who.items():
            magasin = OTHER_SHOP if nom == "theirs" else SHOP
            tables.put_personne(f"id-{nom}", magasin, personne)

    write(storage, note)
    found = read(storage, lambda t: t.former_rights("id-me"))
    assert found is not None
    assert found.reference == "last"
    assert read(storage, lambda t: t.former_rights("id-other")) is None
    assert read(storage, lambda t: t.former_rights("id-nobody")) is None


def test_rights_checks_are_counted_since_a_moment_newest_first(storage: Storage) -> None:
    minute = dt.timedelta(minutes=1)
    for rang in range(4):
        put(
            storage, entry(f"R{rang}", operation=Operation.DROITS, cree_le=NOW + rang * minute, dossier=f"D-{rang % 2}")
        )
    put(storage, entry("pec", cree_le=NOW + minute), entry("X", operation=Operation.DROITS, magasin=OTHER_SHOP))
    assert list(read(storage, lambda t: t.rights_since(SHOP, NOW, 10))) == [NOW + n * minute for n in (3, 2, 1)]
    assert list(read(storage, lambda t: t.rights_since(SHOP, NOW, 1))) == [NOW + 3 * minute]
    assert len(read(storage, lambda t: t.rights_since(SHOP, NOW, 10, "D-0"))) == 1


def test_money_is_told_by_age(storage: Storage) -> None:
    facture = {"operation": Operation.FACTURE}

    def days(nombre: int) -> dt.datetime:
        return NOW - dt.timedelta(days=nombre)

    put(
        storage,
        entry("A", amc_centimes=100, cree_le=days(29), **facture),
        entry("B", amc_centimes=50, cree_le=days(30), **facture),
        entry("C", cree_le=days(89), **facture),
        entry("D", amc_centimes=7, paye_centimes=3, cree_le=days(400), resultat="payee_partielle", **facture),
        entry("E", amc_centimes=9, magasin=OTHER_SHOP, **facture),
        entry("pec", amc_centimes=1000),
    )
    rows = read(storage, lambda t: t.ages(SHOP, NOW))
    assert [(r.resultat, r.tranche, r.nombre, r.inconnus, r.amc_centimes, r.paye_centimes) for r in rows] == [
        (None, 0, 1, 0, 100, 0),
        (None, 30, 1, 0, 50, 0),
        (None, 60, 1, 1, 0, 0),
        ("payee_partielle", 90, 1, 0, 7, 3),
    ]
    assert sum(row.nombre for row in read(storage, lambda t: t.ages(None, NOW))) == 5


def test_payments_are_paged_in_a_fixed_order_and_the_unmatched_are_summed(storage: Storage) -> None:
    put(storage, entry("A", operation=Operation.FACTURE, numero="F1"))
    one = Retour(
        plateforme="p",
        magasin=SHOP,
        bordereau="B1",
        rang=1,
        emis_le=NOW.date(),
        reference_virement=None,
        organisme=None,
        type=TypeRetour.PAIEMENT,
        numero_facture="F1",
        reference=None,
        numero_pec=None,
        demande_centimes=100,
        paye_centimes=100,
        motifs=(),
        entree="id-A",
        recu_le=NOW,
    )
    lines = [one, replace(one, rang=2, entree=None, paye_centimes=-30), replace(one, bordereau="B0", entree=None)]
    lines.append(replace(one, magasin=OTHER_SHOP, entree=None))
    write(storage, lambda t: [t.add_retour(une) for une in lines])

    def listed(limite: int, apres: Curseur = DEBUT) -> list[Retour]:
        return list(read(storage, lambda t: t.payments(SHOP, NOW.date(), limite, apres)))

    assert [(un.bordereau, un.rang) for un in listed(10)] == [("B0", 1), ("B1", 1), ("B1", 2)]
    assert listed(10, cursor(listed(2)[-1])) == [lines[1]]
    assert read(storage, lambda t: t.payments(SHOP, NOW.date() + dt.timedelta(days=1), 10)) == []
    assert read(storage, lambda t: t.orphans(SHOP)) == Orphelins(nombre=2, paye_centimes=70)
    assert read(storage, lambda t: t.orphans(None)).nombre == 3
