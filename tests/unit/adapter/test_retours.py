"""Lines of remittances and invoices: kept once, matched with care, summed whatever their order."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from tests.unit.adapter.entries import NOW, entry
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.remittances import Releve
from tierspayant.adapter.retours import ATTENTE, VEILLE, claim, receive
from tierspayant.adapter.storage.memory import MemoryTables
from tierspayant.adapter.storage.protocol import Depasse
from tierspayant.schemas.messages import Bordereau, RetourLigne, RetoursReponse, TypeRetour
from tierspayant.schemas.operations import Operation

SHOP = "759999014"
RELEVE = Releve(plateforme="p", magasin=SHOP, du_le=NOW)


def facture(**changes: Any) -> Entry:
    known = {"operation": Operation.FACTURE, "etat": Etat.TERMINEE, "resultat": "acceptee", "du_le": None}
    return entry("F", **{**known, "numero": "1", "amc_centimes": 17991, **changes})


def line(paye: int, type_: TypeRetour = TypeRetour.PAIEMENT, **changes: Any) -> RetourLigne:
    known = {"type": type_, "numero_facture": "1", "reference": "F", "demande_centimes": 17991, "paye_centimes": paye}
    return RetourLigne(**{**known, **changes})


def bordereau(numero: str, *lignes: RetourLigne) -> Bordereau:
    total = sum(ligne.paye_centimes for ligne in lignes)
    return Bordereau(numero=numero, emis_le=dt.date(2024, 2, 5), total_centimes=total, lignes=lignes)


def received(*bordereaux: Bordereau, known: Entry | None = None, suivant: str | None = None) -> MemoryTables:
    """The tables after each remittance came by itself."""
    tables = MemoryTables()
    tables.insert_entry(known or facture(), "x")
    for one in bordereaux:
        receive(tables, RELEVE, RetoursReponse(bordereaux=(one,), suivant=suivant), NOW)
    return tables


def invoice(tables: MemoryTables) -> Entry:
    found = tables.entry("id-F")
    assert found is not None
    return found


def test_a_remittance_that_comes_twice_pays_once() -> None:
    paid = invoice(received(*[bordereau("B1", line(17991))] * 2))
    assert (paid.paye_centimes, paid.resultat) == (17991, "payee")


def test_in_any_order_the_sum_is_the_same() -> None:
    parts = [bordereau("B1", line(9000)), bordereau("B2", line(8991)), bordereau("B3", line(-500, TypeRetour.INDU))]
    ends = {(e.paye_centimes, e.resultat) for e in (invoice(received(*p)) for p in itertools.permutations(parts))}
    assert ends == {(17491, "regularisee")}


@pytest.mark.parametrize(
    ("lignes", "resultat"),
    [
        ((line(17991),), "payee"),
        ((line(17992),), "payee"),
        ((line(17990),), "payee_partielle"),
        ((line(0, TypeRetour.REJET),), "rejetee"),
        ((line(17991), line(-17991, TypeRetour.INDU)), "regularisee"),
    ],
)
def test_what_lines_amount_to(lignes: tuple[RetourLigne, ...], resultat: str) -> None:
    assert invoice(received(bordereau("B1", *lignes))).resultat == resultat


def test_a_payment_decides_an_invoice_that_was_still_waiting() -> None:
    waiting = facture(etat=Etat.EN_INSTANCE, resultat="acquittee", du_le=NOW)
    paid = invoice(received(bordereau("B1", line(17991)), known=waiting))
    assert (paid.etat, paid.resultat, paid.du_le) == (Etat.TERMINEE, "payee", None)


@pytest.mark.parametrize(
    "changes",
    [{"reference": "other"}, {"reference": None, "numero_facture": "2"}],
    ids=["another reference under our number", "an unknown number"],
)
def test_what_matches_no_invoice_of_ours_is_kept_and_told(changes: dict[str, Any]) -> None:
    tables = received(bordereau("B1", line(17991, **changes)))
    assert invoice(tables).paye_centimes is None
    [kept] = tables.retours(SHOP, dt.date(2024, 1, 1), 10)
    assert kept.entree is None
    assert [un.type for un in tables.evenements(SHOP, 0, 10)] == ["retour_sans_facture"]


def test_without_our_reference_the_invoices_number_decides() -> None:
    assert invoice(received(bordereau("B1", line(17991, reference=None)))).resultat == "payee"


def test_the_same_number_on_another_platform_is_another_invoice() -> None:
    tables = received(bordereau("B1", line(17991, reference=None)), known=facture(plateforme="q"))
    assert invoice(tables).paye_centimes is None


def test_it_is_asked_again_soon_while_money_is_to_come_and_daily_after() -> None:
    half = received(bordereau("B1", line(9000)))
    whole = received(bordereau("B1", line(17991)))
    more = received(bordereau("B1", line(9000)), suivant="12")
    expected = [(NOW + ATTENTE, "B1"), (NOW + VEILLE, "B1"), (NOW, "12")]
    found = [tables.releve("p", SHOP) for tables in (half, whole, more)]
    assert [(un.du_le, un.curseur) for un in found if un is not None] == expected


def test_only_one_node_asks() -> None:
    tables = MemoryTables()
    tables.put_releve(RELEVE)
    claim(tables, "p", SHOP, NOW, dt.timedelta(minutes=2))
    with pytest.raises(Depasse):
        claim(tables, "p", SHOP, NOW, dt.timedelta(minutes=2))
