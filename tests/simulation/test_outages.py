"""Platforms shut for hours or weeks, accounts refused: what it costs, what waits, and that the others go on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.world import DEMO_SHOP, START, Fate, FateOf, Monde, Reglages
from tierspayant.adapter import gestures
from tierspayant.adapter.availability import EtatService
from tierspayant.adapter.entry import Etat, Geste, Raison
from tierspayant.adapter.policy import TENTATIVES_MAX
from tierspayant.emulator import effects
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.wire import HttpRequest, header

HOUR = 3600.0
WEEK = 7 * 24 * HOUR
OTHER_SHOP = "759999022"


def shut_until(end: float, fate: Fate) -> FateOf:
    return lambda _, now: fate if now < end else Fate()


def strike(monde: Monde, **effet: object) -> None:
    monde.session.effects.manual = effects.parse([effet], monde.session.plateformes, shared_port=True)


@pytest.mark.parametrize("fate", [Fate(refused=True), Fate(statut=503)], ids=["refused", "503"])
def test_three_weeks_shut_cost_one_attempt_and_everything_leaves_at_reopening(fate: Fate) -> None:
    monde = Monde(Reglages(fate=shut_until(3 * WEEK, fate)))
    for rang in range(5):
        monde.clock.callLater(rang * 24 * HOUR, monde.insist, people.pec("viamedis", f"D-{rang}"))
    monde.run(3 * WEEK)
    assert sum(entry.tentatives for entry in monde.entries()) == 1, "the one that met the closure"
    events = monde.read(lambda t: [e for e in t.evenements(None, 0, 10_000) if e.type == "plateforme"])
    assert [e.donnees["etat"] for e in events] == ["ferme"], "one line, however long it lasts"
    monde.run(HOUR)
    reopened = monde.read(lambda t: t.disponibilite("viamedis", Service.PEC))
    assert reopened is not None
    assert reopened.etat is EtatService.SONDE, "it says it is back, and opens on the answer to a real request"
    held = {e.reference: e.action.raison for e in monde.entries(Etat.RETENUE) if e.action is not None}
    assert list(held.values()) == [Raison.CONFIRMER_CLIENT] * 5, "a PEC that waited for days may be for nobody"
    for entry in monde.entries(Etat.RETENUE):
        done = monde.read(lambda t, entry=entry: gestures.act(t, entry, Geste.CONFIRMER_CLIENT, monde.now()))  # type: ignore[misc]
        assert isinstance(done, gestures.Done)
        monde.delivery.wake(done.lanes)
    monde.run(HOUR)
    assert {entry.resultat for entry in monde.entries()} == {"accordee"}
    assert monde.read(lambda t: [une.etat for une in t.disponibilites()]) == [EtatService.OUVERT]
    assert faults(monde) == []


def test_a_dead_platform_delays_no_other() -> None:
    def almerys_dead(requete: HttpRequest, _: float) -> Fate:
        return Fate(refused=requete.path.startswith("/tiers-payant"))

    monde = Monde(Reglages(fate=almerys_dead))
    for plateforme in ("viamedis", "almerys"):
        monde.post(people.pec(plateforme, f"D-{plateforme}"))
    monde.run(HOUR)
    assert monde.entry("D-viamedis/PEC-1").resultat == "accordee"
    assert monde.entry("D-almerys/PEC-1").etat is Etat.EN_FILE


def test_after_a_good_probe_one_real_entry_goes_first() -> None:
    """Services that say yes and then fail on the first real request: the others must not pay for it."""
    reached: list[float] = []

    def says_yes_and_fails(requete: HttpRequest, now: float) -> Fate:
        if "EtatService" in (header(requete.headers, "soapaction") or ""):
            return Fate()
        reached.append(now)
        return Fate(statut=503) if now < 6 * HOUR else Fate()

    monde = Monde(Reglages(plateformes=("viamedis",), fate=says_yes_and_fails))
    for rang in range(10):
        monde.post(people.pec("viamedis", f"D-{rang}"))
    monde.run(6 * HOUR)
    probes = 6 * HOUR / (15 * 60 / 2)
    assert len(reached) <= 10 + probes, "the first burst, then one entry for each good probe"
    monde.run(3 * HOUR)
    assert {entry.resultat for entry in monde.entries()} == {"accordee"}


def test_a_refused_account_stops_one_shop_with_one_alarm_and_no_further_call() -> None:
    calls: list[str] = []

    def count(requete: HttpRequest, _: float) -> Fate:
        calls.append(requete.path)
        return Fate()

    monde = Monde(Reglages(plateformes=("viamedis",), fate=count))
    strike(monde, plateforme="viamedis", effet="compte", magasin=DEMO_SHOP, parametres={"etat": "expire"})
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(60)
    monde.post(people.pec("viamedis", "D-2"))
    monde.post(replace(people.pec("viamedis", "E-1"), magasin=OTHER_SHOP))
    monde.run(24 * HOUR)
    assert monde.entry("D-1/PEC-1").etat is Etat.EN_FILE
    assert monde.entry("D-2/PEC-1").tentatives == 0
    other = monde.read(lambda t: t.entry_by_reference(OTHER_SHOP, "E-1/PEC-1"))
    assert other is not None
    assert other.resultat == "accordee"
    alarms = monde.read(lambda t: [e for e in t.evenements(DEMO_SHOP, 0, 100) if e.type == "compte"])
    assert len(alarms) == 1
    assert len(calls) == 2, "one refused, one of the other shop"
    monde.session.effects.manual = []
    assert monde.read(lambda t: gestures.reopen_account(t, "viamedis", DEMO_SHOP, monde.now()))
    monde.delivery.wake([("viamedis", Service.PEC)])
    monde.run(60)
    assert {entry.resultat for entry in monde.entries()} == {"accordee"}


def test_a_rights_check_lapses_while_its_service_is_shut() -> None:
    monde = Monde(Reglages(fate=lambda *_: Fate(refused=True)))
    monde.post(people.droits("viamedis", "DR-1"))
    monde.run(HOUR)
    assert monde.entry("DR-1").etat is Etat.PERIMEE
    assert monde.entry("DR-1").maj_le <= START + dt.timedelta(minutes=31)


def test_an_invoice_that_waited_for_weeks_is_sent_all_the_same() -> None:
    def billing_dead(requete: HttpRequest, now: float) -> Fate:
        return Fate(refused=requete.path == "/facturation" and now < 2 * WEEK)

    monde = Monde(Reglages(plateformes=("viamedis",), fate=billing_dead))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(2 * WEEK)
    assert monde.entry("D-1/PEC-1").resultat == "accordee"
    assert monde.entry("D-1/FAC-1").etat is Etat.EN_FILE
    monde.run(2 * HOUR)
    assert monde.entry("D-1/FAC-1").resultat == "acceptee"


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])
@pytest.mark.parametrize("defaut", ["malformee", "tronquee", "hors_schema", "autre_message", "espace_de_noms"])
def test_an_answer_that_cannot_be_read_is_kept_and_held_then_asked_for(plateforme: str, defaut: str) -> None:
    monde = Monde(Reglages())
    effet = {"plateforme": plateforme, "effet": "reponse", "operation": "facture", "fois": 1}
    strike(monde, parametres={"defaut": defaut}, **effet)
    monde.post(people.pec(plateforme, "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(HOUR)
    facture = monde.entry("D-1/FAC-1")
    assert facture.action is not None
    assert (facture.etat, facture.action.raison) == (Etat.RETENUE, Raison.REPONSE_ILLISIBLE)
    assert monde.read(lambda t: monde.vault.get(t, facture, "reponse-1")), "its bytes are kept"
    done = monde.read(lambda t: gestures.act(t, facture, Geste.RELANCER, monde.now()))
    assert isinstance(done, gestures.Done)
    monde.delivery.wake(done.lanes)
    monde.run(HOUR)
    assert monde.entry("D-1/FAC-1").resultat == "acceptee"
    assert monde.entry("D-1/FAC-1").tentatives == 1
    assert faults(monde) == []


def test_something_keyed_by_hand_on_the_portal_is_attached_and_not_sent() -> None:
    monde = Monde(Reglages(fate=shut_until(HOUR, Fate(refused=True))))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(600)
    waiting = monde.entry("D-1/PEC-1")
    done = monde.read(lambda t: gestures.act(t, waiting, Geste.FAIT_AILLEURS, monde.now(), "V240124000001"))
    assert isinstance(done, gestures.Done)
    monde.delivery.wake(done.lanes)
    monde.run(4 * HOUR)
    attached = monde.entry("D-1/PEC-1")
    assert (attached.etat, attached.resultat, attached.numero) == (Etat.TERMINEE, "accordee", "V240124000001")
    assert [row for row in monde.ledger("viamedis")["pec"] if row["dossier"] == "D-1"] == []


def test_withdrawing_is_for_what_certainly_never_left() -> None:
    monde = Monde(Reglages(fate=shut_until(WEEK, Fate(refused=True))))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(600)
    waiting = monde.entry("D-1/PEC-1")
    assert isinstance(monde.read(lambda t: gestures.withdraw(t, waiting, monde.now())), gestures.Done)
    assert monde.entry("D-1/PEC-1").etat is Etat.RETIREE
    facture = monde.entry("D-1/FAC-1")
    assert facture.etat is Etat.RETENUE, "its agreement will never come"
    assert isinstance(monde.read(lambda t: gestures.withdraw(t, facture, monde.now())), gestures.Done)
    monde.run(2 * WEEK)
    assert not any(row["dossier"] == "D-1" for row in monde.ledger("viamedis")["pec"])
    assert monde.entry("D-1/FAC-1").operation is Operation.FACTURE


def test_at_reopening_a_shop_with_a_long_queue_does_not_keep_the_others_waiting() -> None:
    monde = Monde(Reglages(plateformes=("viamedis",), fate=shut_until(HOUR, Fate(refused=True))))
    for rang in range(40):
        monde.post(people.pec("viamedis", f"A-{rang}"))
    monde.run(600)
    for rang in range(2):
        monde.post(replace(people.pec("viamedis", f"B-{rang}"), magasin=OTHER_SHOP))
    monde.run(4 * HOUR)
    rows = [row for row in monde.ledger("viamedis")["pec"] if row["dossier"][:2] in {"A-", "B-"}]
    order = [row["dossier"] for row in sorted(rows, key=lambda row: row["recue_le"])]
    assert len(order) == 42
    assert max(order.index("B-0"), order.index("B-1")) < 12, "they are served with the first, not after the fortieth"


@pytest.mark.parametrize("said_no", [Fate(statut=503), Fate(refused=True)], ids=["503", "no connection"])
def test_a_service_that_says_it_is_back_and_is_not_wears_no_request_out(said_no: Fate) -> None:
    """For four days its state answers "open" and its first real request is turned away (platforms note, d)."""

    def fate(requete: HttpRequest, now: float) -> Fate:
        probe = "EtatService" in (header(requete.headers, "soapaction") or "")
        return Fate() if probe or now > 4 * 24 * HOUR else replace(said_no)

    monde = Monde(Reglages(plateformes=("viamedis",), fate=fate))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(5 * 24 * HOUR)
    pec = monde.entry("D-1/PEC-1")
    assert (pec.etat, pec.resultat) == (Etat.TERMINEE, "accordee")
    assert pec.tentatives > TENTATIVES_MAX
    assert faults(monde) == []


@pytest.mark.parametrize("said_no", [Fate(statut=503), Fate(refused=True)], ids=["503", "no connection"])
def test_the_pec_that_found_the_platform_shut_is_confirmed_like_those_behind_it(said_no: Fate) -> None:
    monde = Monde(Reglages(plateformes=("viamedis",), fate=shut_until(WEEK, said_no)))
    for rang in range(2):
        monde.post(people.pec("viamedis", f"D-{rang}"))
        monde.run(600)
    monde.run(2 * WEEK)
    held = [monde.entry(f"D-{rang}/PEC-1").action for rang in range(2)]
    assert [une.raison for une in held if une is not None] == [Raison.CONFIRMER_CLIENT] * 2


def test_a_doubt_that_another_service_must_lift_waits_while_that_one_is_shut() -> None:
    """A cancelled invoice whose answer was lost is seen in the invoice's state; billing is shut for a week."""
    asked: list[float] = []

    def fate(requete: HttpRequest, now: float) -> Fate:
        action = header(requete.headers, "soapaction") or ""
        if "ConsulterFacture" in action and now > HOUR:
            asked.append(now)
        if "AnnulerFacture" in action and now < WEEK:
            return Fate(lost=True)
        billing = requete.path == "/facturation" and HOUR < now < WEEK
        return Fate(statut=503) if billing else Fate()

    monde = Monde(Reglages(plateformes=("viamedis",), fate=fate))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(HOUR)
    monde.post(people.annulation(monde.entry("D-1/FAC-1").id, "ANN-1", Operation.ANNULATION_FACTURE))
    monde.run(WEEK - HOUR)
    first, later = sum(now < 26 * HOUR for now in asked), sum(now > 48 * HOUR for now in asked)
    assert first <= 25 * 8, "as often as a probe: up to every quarter of an hour, with jitter"
    assert later <= 5 * 24 * 1.25, "after a day, about hourly"
    monde.run(1.5 * HOUR)
    assert (monde.entry("ANN-1").etat, monde.entry("ANN-1").resultat) == (Etat.TERMINEE, "confirmee")
    assert monde.entry("D-1/FAC-1").resultat == "annulee"
