"""An insurer moves to another operator during an outage: what never left follows it, in order, and nothing twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.simulation import people
from tests.simulation.world import DEMO_SHOP, Fate, Monde, Reglages
from tierspayant.adapter.annuaire import Annuaire, Entree
from tierspayant.adapter.demandes import PecCorps
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.intake import Nouvelle
from tierspayant.adapter.reroute import Outils, bulk
from tierspayant.schemas.wire import HttpRequest

HOUR = 3600.0
DAY = 24 * HOUR

CARDS = ("00990011", "990020020")
BEFORE = Annuaire(tuple(Entree(numero_amc=une, plateforme="viamedis", organisme="M011") for une in CARDS))
AFTER = Annuaire(tuple(Entree(numero_amc=une, plateforme="almerys", organisme="A020") for une in CARDS))


def pec(dossier: str) -> Nouvelle:
    """A PEC queued for the former operator, of a person whom only the new one knows."""
    return replace(people.pec("almerys", dossier), plateforme="viamedis", organisme="M011")


class Moving:
    """A world whose directory changes on the third day; viamedis-style services named by `shut` are down for ever."""

    def __init__(self, *shut: str, **reglages: Any) -> None:
        self.annuaire = BEFORE
        down = lambda requete, _now: Fate(refused=requete.path in shut)  # noqa: E731 - one line of a table
        self.monde = Monde(Reglages(annuaire=lambda: self.annuaire, **{"fate": down, **reglages}))

    def move(self, *, apply: bool) -> dict[str, Any]:
        monde = self.monde
        outils = Outils(vault=monde.vault, ids=monde.ids, annuaire=self.annuaire)
        done: list[Any] = []
        _ = Deferred.fromCoroutine(bulk(monde.storage, outils, monde.now(), apply=apply)).addBoth(done.append)
        fait = done[0]
        assert isinstance(fait, dict), fait
        if apply:
            monde.delivery.wake((une.plateforme, une.service) for une in monde.entries())
        return fait


def references(rows: list[dict[str, Any]]) -> list[str]:
    return [une["reference"] for une in rows]


def test_a_pec_and_the_invoice_behind_it_move_and_nothing_reaches_the_former_operator() -> None:
    world = Moving("/prises-en-charge")
    monde = world.monde
    monde.post(pec("D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(3 * DAY)
    assert world.move(apply=True)["deplacees"] == [], "the directory has not changed yet"
    world.annuaire = AFTER
    essai = world.move(apply=False)
    assert references(essai["a_deplacer"]) == ["D-1/PEC-1", "D-1/FAC-1"]
    assert monde.entry("D-1/PEC-1").plateforme == "viamedis", "a dry run changes nothing"
    fait = world.move(apply=True)
    assert references(fait["deplacees"]) == ["D-1/PEC-1", "D-1/FAC-1"]
    monde.run(2 * DAY)
    moved, facture = monde.entry("D-1/PEC-1"), monde.entry("D-1/FAC-1")
    assert (moved.plateforme, moved.resultat, facture.plateforme) == ("almerys", "facturee", "almerys")
    assert [une["reference_magasin"] for une in monde.ledger("almerys")["factures"]].count("D-1/FAC-1") == 1
    assert monde.ecarts() == []
    known = [une["reference_magasin"] for une in monde.ledger("viamedis")["pec"]]
    assert "D-1/PEC-1" not in known
    assert "D-1/PEC-1" in [une["reference_magasin"] for une in monde.ledger("almerys")["pec"]]
    told = [un for un in monde.read(lambda t: t.evenements(DEMO_SHOP, 0, 1000)) if un.type == "reacheminee"]
    assert [(un.donnees["de"], un.donnees["vers"]) for un in told] == [("viamedis/M011", "almerys/A020")] * 2
    assert world.move(apply=True)["deplacees"] == []


def _lost(requete: HttpRequest, _now: float) -> Fate:
    return Fate(never=True) if requete.path == "/prises-en-charge" else Fate()


def _busy(requete: HttpRequest, _now: float) -> Fate:
    return Fate(statut=503) if requete.path == "/prises-en-charge" else Fate()


@pytest.mark.parametrize(("fate", "motif"), [(_lost, "en_doute"), (_busy, "deja_tentee")])
def test_what_left_or_may_have_left_is_listed_apart_and_stays(fate: Callable[..., Fate], motif: str) -> None:
    world = Moving(fate=fate)
    world.monde.post(people.pec("viamedis", "D-1"))
    world.monde.post(people.facture("D-1", "240131501"))
    world.monde.run(60.0)
    world.annuaire = AFTER
    fait = world.move(apply=True)
    assert fait["deplacees"] == []
    assert [(une["reference"], une["motif"]) for une in fait["a_part"]] == [
        ("D-1/PEC-1", motif),
        ("D-1/FAC-1", "suit_sa_pec"),
    ]
    assert world.monde.entry("D-1/PEC-1").plateforme == "viamedis"


def test_a_late_pec_whose_insurer_moved_is_held_until_it_is_moved() -> None:
    shut = lambda requete, now: Fate(refused=requete.path == "/prises-en-charge" and now < 2 * DAY)  # noqa: E731
    world = Moving(fate=shut)
    monde = world.monde
    monde.post(people.pec("viamedis", "D-0"))
    monde.run(HOUR)
    monde.post(people.pec("viamedis", "D-1"))
    world.annuaire = AFTER
    monde.run(3 * DAY)
    held = monde.entry("D-1/PEC-1")
    assert held.action is not None
    assert (held.etat, held.action.raison, held.action.detail) == (Etat.RETENUE, "operateur", "almerys/A020")
    assert "D-1/PEC-1" not in [une["reference_magasin"] for une in monde.ledger("viamedis")["pec"]]
    world.move(apply=True)
    assert (monde.entry("D-1/PEC-1").plateforme, monde.entry("D-1/PEC-1").etat) != ("viamedis", Etat.RETENUE)


def test_a_quote_the_former_operator_holds_is_asked_anew_and_its_pec_waits_for_it() -> None:
    world = Moving(fate=lambda requete, now: Fate(refused=requete.path == "/prises-en-charge" and now > HOUR))
    monde = world.monde
    monde.post(people.devis("viamedis", "D-1"))
    monde.run(HOUR + 1)
    assert monde.entry("D-1/DEV-1").resultat == "chiffre"
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(HOUR)
    tried = monde.entry("D-1/PEC-1").tentatives
    world.annuaire = AFTER
    assert world.move(apply=True)["devis_refaits"] == ["D-1/DEV-1/R1"]
    monde.run(HOUR)
    fresh, pec = monde.entry("D-1/DEV-1/R1"), monde.entry("D-1/PEC-1")
    assert (fresh.plateforme, fresh.remplace) == ("almerys", monde.entry("D-1/DEV-1").id)
    assert (fresh.etat, fresh.resultat) == (Etat.TERMINEE, "refuse"), "almerys does not know this person"
    assert pec.action is not None
    assert (pec.plateforme, pec.tentatives, pec.action.detail) == ("almerys", tried, "D-1/DEV-1/R1")


def test_a_pec_behind_a_quote_in_doubt_leaves_once_it_is_moved() -> None:
    world = Moving(fate=lambda requete, now: Fate(never=requete.path == "/prises-en-charge"))
    monde = world.monde
    monde.post(people.devis("viamedis", "D-1"))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(60)
    assert monde.entry("D-1/DEV-1").etat is Etat.INCERTAINE
    assert monde.entry("D-1/PEC-1").du_le is None, "it waits for its quote"
    world.annuaire = AFTER
    assert references(world.move(apply=True)["deplacees"]) == ["D-1/PEC-1", "D-1/FAC-1"]
    monde.run(HOUR)
    moved, facture = monde.entry("D-1/PEC-1"), monde.entry("D-1/FAC-1")
    assert (moved.plateforme, moved.tentatives) == ("almerys", 1), "no quote of the new operator stands before it"
    assert facture.tentatives == 0, "and its invoice still waits for it"


def test_a_shop_that_named_its_platform_is_not_overruled() -> None:
    world = Moving("/prises-en-charge")
    nouvelle = people.pec("viamedis", "D-1")
    assert isinstance(nouvelle.corps, PecCorps)
    world.monde.post(replace(nouvelle, corps=replace(nouvelle.corps, plateforme="viamedis")))
    world.annuaire = AFTER
    assert world.move(apply=True) == {
        "applique": True,
        "a_deplacer": [],
        "deplacees": [],
        "devis_refaits": [],
        "a_part": [],
    }


def test_a_card_the_directory_no_longer_knows_or_knows_twice_stays_where_it_is() -> None:
    world = Moving("/prises-en-charge")
    world.monde.post(people.pec("viamedis", "D-1"))
    two = (AFTER.entrees[0], Entree(numero_amc="00990011", plateforme="almerys", organisme="AUTRE"))
    for annuaire in (Annuaire(()), Annuaire(two)):
        world.annuaire = annuaire
        assert world.move(apply=True)["deplacees"] == []


def test_the_move_counts_from_the_day_it_happens() -> None:
    world = Moving("/prises-en-charge")
    world.monde.post(people.pec("viamedis", "D-1"))
    old, new = BEFORE.entrees[0], AFTER.entrees[0]
    jour = dt.date(2024, 2, 10)
    world.annuaire = Annuaire(
        (old.model_copy(update={"au": jour - dt.timedelta(days=1)}), new.model_copy(update={"du": jour}))
    )
    world.monde.run(5 * DAY)
    assert world.move(apply=False)["a_deplacer"] == []
    world.monde.run(6 * DAY)
    assert len(world.move(apply=False)["a_deplacer"]) == 1
