"""Tapes whose story is the client's too: a portal shut alone, what staff keyed by hand, a tariff changed in mid-queue.

Instants are those of the tape, lived from the world's own start on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.test_accounts import Village
from tests.simulation.world import DEMO_SHOP, Monde, Reglages
from tierspayant.adapter import gestures
from tierspayant.adapter.demandes import PecCorps
from tierspayant.adapter.entry import Etat, Geste, Raison
from tierspayant.adapter.intake import Nouvelle
from tierspayant.emulator import tape
from tierspayant.emulator.card_requests import EQUIPEMENTS

OTHER_SHOP = "759999022"
HOUR = 3600.0
DAY = 24 * HOUR


def play(monde: Monde, nom: str) -> dt.timedelta:
    """Live a tape from now on; gives how far the world's dates are from the tape's."""
    one = tape.load(nom)
    monde.session.play(one.rebased(monde.now()))
    return monde.now() - one.debut


def until(monde: Monde, instant: str, shift: dt.timedelta) -> None:
    """Live up to an instant of the tape."""
    monde.run((dt.datetime.fromisoformat(instant) + shift - monde.now()).total_seconds())


def class_a(dossier: str, jour: dt.date, *, lens: int = 3250) -> Nouvelle:
    """A class A pair whose lenses are as dear as the former tariff lets them be, or cheaper."""
    pec = people.pec("viamedis", dossier)
    assert isinstance(pec.corps, PecCorps)
    pair = EQUIPEMENTS["classe_a"]
    lignes = (pair.lignes[0], *(replace(une, prix_centimes=lens) for une in pair.lignes[1:]))
    return replace(pec, corps=replace(pec.corps, equipement=replace(pair, lignes=lignes), date_soins=jour))


def held(monde: Monde, reference: str) -> Raison | None:
    entry = monde.entry(reference)
    return entry.action.raison if entry.etat is Etat.RETENUE and entry.action is not None else None


def test_a_pec_that_staff_keyed_on_the_portal_while_it_was_queued_is_one_pec_and_one_invoice() -> None:
    monde = Monde(Reglages())
    shift = play(monde, "portail-ferme")
    until(monde, "2024-02-13T10:00:00+01:00", shift)
    monde.insist(people.pec("viamedis", "D-PORTAIL-1"))
    monde.insist(people.facture("D-PORTAIL-1", "240213001", jour=monde.now().date()))
    monde.insist(people.pec("viamedis", "D-AUTRE"))
    until(monde, "2024-02-16T08:59:00+01:00", shift)
    assert monde.entry("D-PORTAIL-1/PEC-1").etat is Etat.EN_FILE, "software is still cut off"
    [keyed] = [row for row in monde.ledger("viamedis")["pec"] if row["dossier"] == "D-PORTAIL-1"]
    assert keyed["reference_magasin"].startswith("PORTAIL-")
    monde.run(2 * DAY)
    [only] = [row for row in monde.ledger("viamedis")["pec"] if row["dossier"] == "D-PORTAIL-1"]
    attached = monde.entry("D-PORTAIL-1/PEC-1")
    assert (attached.numero, attached.etat, only["etat"]) == (keyed["numero"], Etat.TERMINEE, "facturee")
    [billed] = [row for row in monde.ledger("viamedis")["factures"] if row["dossier"] == "D-PORTAIL-1"]
    assert (billed["pec"], billed["etat"]) == (keyed["numero"], "acceptee")
    assert monde.entry("D-PORTAIL-1/FAC-1").resultat == "acceptee"
    assert monde.entry("D-AUTRE/PEC-1").resultat == "accordee", "what nobody keyed is asked as ever"
    [elsewhere] = [row for row in monde.ledger("viamedis")["pec"] if row["dossier"] == "D-PORTAIL-2"]
    of_a_shop_without_adapter = f"{elsewhere['reference_magasin']}: granted and forgotten"
    assert faults(monde) == [of_a_shop_without_adapter]


def test_while_only_the_portal_is_shut_an_open_session_serves_and_a_new_one_waits(tmp_path: Path) -> None:
    village = Village(tmp_path, "almerys", session="totp")
    monde = village.monde
    shift = play(monde, "portail-ferme")
    village.post(DEMO_SHOP, "D-1")
    until(monde, "2024-02-05T10:00:00+01:00", shift)
    village.post(DEMO_SHOP, "D-2")
    monde.run(6 * HOUR)
    granted = {monde.entry(f"D-{rank}/PEC-1").resultat for rank in (1, 2)}
    assert granted <= {"accordee", "facturee"}, "the session it has is open"
    until(monde, "2024-02-12T06:00:00+01:00", shift)
    village.post(DEMO_SHOP, "D-3")
    until(monde, "2024-02-12T08:59:00+01:00", shift)
    assert monde.entry("D-3/PEC-1").etat is Etat.EN_FILE, "nobody can log in"
    monde.run(6 * HOUR)
    assert monde.entry("D-3/FAC-1").resultat == "acceptee"
    assert village.alarms() == []
    assert village.account(DEMO_SHOP).echecs == 0
    assert faults(monde) == []


def test_a_pec_queued_under_the_former_tariff_is_judged_anew_and_its_invoice_waits_for_a_person() -> None:
    monde = Monde(Reglages())
    shift = play(monde, "bascule-tarif")
    before = monde.now().date()
    monde.insist(class_a("D-ACCORDEE", before))
    until(monde, "2027-06-30T10:00:00+02:00", shift)
    assert monde.entry("D-ACCORDEE/PEC-1").resultat == "accordee"
    for nouvelle in (class_a("D-FILE", monde.now().date()), people.pec("viamedis", "D-CLASSE-B")):
        monde.insist(nouvelle)
    monde.insist(people.facture("D-FILE", "240202001", jour=monde.now().date()))
    until(monde, "2027-07-01T09:59:00+02:00", shift)
    assert {monde.entry(f"{nom}/PEC-1").etat for nom in ("D-FILE", "D-CLASSE-B")} == {Etat.EN_FILE}
    monde.insist(people.facture("D-ACCORDEE", "240202002", jour=monde.now().date()))
    monde.run(DAY)
    refused = monde.entry("D-FILE/PEC-1")
    assert (refused.resultat, [motif.code for motif in refused.motifs]) == ("refusee", ["PEC04"])
    assert held(monde, "D-FILE/FAC-1") is Raison.PREDECESSEUR_REFUSE, "what was refused is not billed"
    assert monde.entry("D-CLASSE-B/PEC-1").resultat == "accordee", "the tariff changed class A lenses only"
    assert monde.entry("D-ACCORDEE/FAC-1").resultat == "acceptee", "what was granted is billed as it was granted"
    monde.insist(cheaper(monde))
    done = monde.write(lambda t: gestures.act(t, monde.entry("D-FILE/FAC-1"), Geste.ABANDONNER, monde.now()))
    assert isinstance(done, gestures.Done)
    monde.insist(people.facture("D-FILE-2", "240202003", jour=monde.now().date()))
    monde.run(2 * DAY)
    assert monde.entry("D-FILE-2/FAC-1").resultat == "acceptee"
    billed = [row["dossier"] for row in monde.ledger("viamedis")["factures"] if not row["dossier"].startswith("D-DEMO")]
    assert sorted(billed) == ["D-ACCORDEE", "D-FILE-2"]
    assert faults(monde) == []


def cheaper(monde: Monde) -> Nouvelle:
    """The same pair at the new limit, as the shop sells it now."""
    return class_a("D-FILE-2", monde.now().date(), lens=3150)


def test_november_2025_costs_a_closure_and_one_account_and_loses_nothing() -> None:
    monde = Monde(Reglages())
    shift = play(monde, "novembre-2025")
    until(monde, "2025-11-15T10:00:00+01:00", shift)
    for rang in range(4):
        monde.insist(people.pec("almerys", f"D-{rang}"))
        monde.insist(replace(people.pec("almerys", f"E-{rang}"), magasin=OTHER_SHOP))
    monde.insist(people.pec("viamedis", "D-V"))
    monde.run(HOUR)
    assert monde.entry("D-V/PEC-1").resultat == "accordee", "the other platform is open"
    until(monde, "2025-11-18T13:59:00+01:00", shift)
    assert {entry.tentatives for entry in monde.entries(Etat.EN_FILE)} <= {0, 1}, "shut, not hammered"
    monde.run(3 * HOUR)
    assert {monde.entry(f"D-{rang}/PEC-1").resultat for rang in range(4)} == {"accordee"}
    waiting = [entry for entry in monde.entries(Etat.EN_FILE) if entry.magasin == OTHER_SHOP]
    assert len(waiting) == 4, "its password first"
    until(monde, "2025-11-19T10:00:01+01:00", shift)
    assert monde.write(lambda t: gestures.reopen_account(t, "almerys", OTHER_SHOP, monde.now()))
    monde.delivery.wake((one.plateforme, one.service) for one in waiting)
    monde.run(HOUR)
    assert not monde.entries(Etat.EN_FILE)
    assert faults(monde) == []
