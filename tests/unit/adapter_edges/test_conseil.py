"""What the staff member reads aloud to a customer: sound French whether or not the amount is known."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest

from tierspayant.adapter.conseil import Situation, conseil, regles
from tierspayant.adapter.entry import Etat
from tierspayant.schemas.money import Centimes
from tierspayant.schemas.operations import SERVICE_OF, Operation

SINCE = dt.datetime(2024, 1, 31, 9, 5, tzinfo=dt.UTC)
ASKED = ("droits", "devis", "pec", "pieces", "facture", "annulation_pec", "annulation_facture")
STOPPED = (None, "compte_refuse", "compte_en_pause", "service_en_pause")
RESULTS = sorted({mot for regle in regles() for mot in regle.resultat})
BAD_FRENCH = re.compile(
    r"\b(?:de|du|d'|jusqu'au|depuis|le) \(?(?:montant )?(?:non connu|None)|: non connu à|de \(|  | \.|\(\)|None|[{}]"
)
BAD_ENGLISH = re.compile(r"\b(?:of|until|since|pays?) \(?(?:amount )?(?:not known|None)|of \(|  | \.|\(\)|None|[{}]")


def situations(montant: int | None) -> list[Situation]:
    """Every state, operation, result, closure and stop, with this amount."""
    return [
        Situation(
            etat=etat,
            operation=operation,
            plateforme="Viamédis",
            service=SERVICE_OF[Operation(operation)],
            resultat=resultat,
            arret=arret,
            fermee_depuis=fermee,
            montant_centimes=None if montant is None else Centimes(montant),
        )
        for etat, operation, resultat, fermee, arret in itertools.product(
            Etat, ASKED, [None, *RESULTS], [None, SINCE], STOPPED
        )
    ]


@pytest.mark.parametrize("montant", [None, 0, 17991])
def test_every_sentence_can_be_read_aloud(montant: int | None) -> None:
    said = {conseil(cas) for cas in situations(montant)}
    assert len(said) > 20
    assert [phrase for phrase in said if BAD_FRENCH.search(phrase)] == []
    english = {conseil(cas, "en") for cas in situations(montant)}
    assert [phrase for phrase in english if BAD_ENGLISH.search(phrase)] == []


def test_the_check_above_hears_what_was_once_said() -> None:
    for phrase in ("La facture de non connu est enregistrée", "valable jusqu'au non connu.", "facture de (montant"):
        assert BAD_FRENCH.search(phrase)


def test_an_amount_not_known_is_never_a_number() -> None:
    for cas in situations(None):
        assert not re.search(r"\d+,\d\d", conseil(cas)), cas


@pytest.mark.parametrize(
    ("etat", "operation", "resultat", "unknown", "known"),
    [
        ("en_file", "facture", None, "La facture (montant non connu) est enregistrée", "La facture de 179,91"),
        ("en_instance", "facture", None, "de la facture (montant non connu) et la", "de la facture de 179,91"),
        ("terminee", "facture", "acceptee", "Facture (montant non connu) reçue", "Facture de 179,91"),
        ("terminee", "facture", "payee", "Facture payée : montant non connu.", "Facture payée : 179,91"),
        ("terminee", "devis", "chiffre", "Part de l'assureur : montant non connu.", "Part de l'assureur : 179,91"),
        ("terminee", "pec", "accordee", "Part de l'assureur : montant non connu. Date de fin", ": 179,91"),
        ("terminee", "pec", "accordee_sous_reserve", "Part de l'assureur : montant non connu. Envoyez", ": 179,91"),
    ],
)
def test_the_amount_stands_where_it_belongs(
    etat: str, operation: str, resultat: str | None, unknown: str, known: str
) -> None:
    def said(montant: int | None) -> str:
        [phrase] = {
            conseil(cas)
            for cas in situations(montant)
            if (cas.etat, cas.operation, cas.resultat, cas.fermee_depuis, cas.arret)
            == (etat, operation, resultat, None, None)
        }
        return phrase

    assert unknown in said(None)
    assert known in said(17991)


def test_a_day_that_is_known_is_told() -> None:
    cas = Situation(
        etat="terminee",
        operation="pec",
        resultat="accordee",
        plateforme="Viamédis",
        service=SERVICE_OF[Operation.PEC],
        montant_centimes=Centimes(17991),
        valide_au=dt.date(2024, 3, 31),
    )
    assert "Valable jusqu'au 31/03/2024. Vous pouvez lancer la commande" in conseil(cas)
