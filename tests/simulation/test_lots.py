"""Invoices that wait for the same platform leave together in lots; the platform judges each by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial

import pytest

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.lot_world import (
    ALMERYS,
    DOSSIERS,
    HOUR,
    NOMBRE,
    Wire,
    all_accepted,
    bytes_sent,
    dossier,
    in_one_lot_each,
    invoice,
    lived,
    places,
    queued,
)
from tests.simulation.world import Fate, Monde
from tierspayant.adapter import gestures
from tierspayant.adapter.demandes import FactureCorps
from tierspayant.adapter.entry import Etat, Geste, Raison
from tierspayant.emulator import effects
from tierspayant.schemas.messages import Montants


def test_a_backlog_leaves_on_one_invoice_first_and_then_in_lots() -> None:
    wire = Wire()
    monde = lived(wire, nombre=25, taille_lot=10)
    all_accepted(monde, 25)
    found = in_one_lot_each(monde)
    assert sorted(map(len, found.values())) == [1, 4, 10, 10]
    assert wire.calls["DeposerLot"] == 4
    rows = places(monde)
    assert {row.numero: row.taille for row in rows.values()} == {numero: len(refs) for numero, refs in found.items()}


def test_a_lane_reopens_on_one_invoice() -> None:
    """The one that found the lane shut is withdrawn meanwhile, so that the trial is chosen among those in no lot."""
    wire = Wire()
    monde = queued(wire)
    monde.run(HOUR)
    done = monde.write(lambda t: gestures.withdraw(t, monde.entry("D-0/FAC-1"), monde.now()))
    assert isinstance(done, gestures.Done)
    monde.run(24 * HOUR)
    assert faults(monde) == []
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, NOMBRE - 2]


def test_a_lot_is_one_shops() -> None:
    shops = ("759999014", "759999022", "759999030")
    wire = Wire()
    monde = Monde(replace(ALMERYS, fate=wire))
    for rang in range(NOMBRE):
        magasin = shops[rang % 3]
        monde.insist(replace(people.pec("almerys", dossier(rang)), magasin=magasin))
        monde.clock.callLater(600 if rang == 0 else 900, monde.insist, replace(invoice(rang), magasin=magasin))
    monde.run(24 * HOUR)
    all_accepted(monde)
    rows = monde.session.book("almerys").factures.values()
    found = {(row.magasin, row.lot) for row in rows if row.facture.dossier in DOSSIERS}
    assert len({lot for _, lot in found}) == len(found) < NOMBRE


def test_an_invoice_that_meets_an_open_platform_waits_for_no_other() -> None:
    wire = Wire(opens=0)
    monde = Monde(replace(ALMERYS, fate=wire))
    monde.insist(people.pec("almerys", dossier(0)))
    monde.clock.callLater(600, monde.insist, invoice(0))
    monde.run(24 * HOUR)
    all_accepted(monde, 1)
    assert places(monde)["D-0/FAC-1"].taille == 1


@pytest.mark.parametrize("lost", [Fate(lost=True), Fate(lost=True, retard=100.0)], ids=["at once", "late"])
def test_a_lot_whose_answer_is_lost_is_asked_about_once(lost: Fate) -> None:
    wire = Wire({("DeposerLot", 2): lost})
    monde = lived(wire)
    all_accepted(monde)
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, NOMBRE - 1]
    assert (wire.calls["DeposerLot"], wire.calls["ConsulterLot"]) == (2, 1)


def test_a_lot_that_never_arrived_goes_again_in_the_same_bytes() -> None:
    wire = Wire({("DeposerLot", 2): Fate(never=True)})
    monde = lived(wire)
    all_accepted(monde)
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, NOMBRE - 1]
    assert (wire.calls["DeposerLot"], wire.calls["ConsulterLot"]) == (3, 1)
    porteur = next(row.porteur for row in places(monde).values() if row.taille > 1)
    asked, *sent = [bytes_sent(monde, porteur, rang) for rang in (2, 1, 3)]
    assert sent[0] == sent[1] != asked


def test_a_lot_refused_as_a_whole_goes_one_by_one() -> None:
    wire = Wire()
    monde = queued(wire)
    row = {"effet": "faute_soap", "parametres": {"code": "TEC05"}, "plateforme": "almerys", "operation": "facture"}
    parsed = effects.parse([{**row, "fois": 1}], monde.session.plateformes, shared_port=True)

    def strike() -> None:  # while the lane's trial invoice is being taken; the lot comes next
        monde.session.effects.manual.extend(parsed)

    while wire.calls["DeposerLot"] == 0:
        monde.run(1)
    monde.run(0.3)
    strike()
    monde.run(24 * HOUR)
    all_accepted(monde)
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1] * NOMBRE
    assert wire.calls["DeposerLot"] == 1 + 1 + (NOMBRE - 1)


def test_the_platform_judges_each_invoice_of_a_lot_by_itself() -> None:
    wrong = invoice(3)
    assert isinstance(wrong.corps, FactureCorps)
    montants = Montants(total_centimes=30000, amo_centimes=9, amc_centimes=18000, reste_a_charge_centimes=11991)
    bodies = [invoice(rang) for rang in range(NOMBRE)]
    bodies[3] = replace(wrong, corps=replace(wrong.corps, montants=montants))
    monde = queued(Wire(), bodies=bodies)
    monde.run(24 * HOUR)
    assert faults(monde) == []
    refused = monde.entry("D-3/FAC-1")
    assert (refused.etat, refused.resultat, [un.code for un in refused.motifs]) == (
        Etat.TERMINEE,
        "rejetee",
        ["FAC05"],
    )
    taken = [f"D-{rang}/FAC-1" for rang in range(NOMBRE) if rang != 3]
    assert sorted(une for refs in in_one_lot_each(monde).values() for une in refs) == taken


def test_what_comes_too_early_in_a_lot_goes_later_in_another() -> None:
    monde = queued(Wire(), nombre=3)
    book = monde.session.book("almerys")
    book.reglages = replace(book.reglages, delai_min_facturation=dt.timedelta(hours=3))
    monde.run(72 * HOUR)
    all_accepted(monde, 3)
    in_one_lot_each(monde)


def test_a_lot_that_was_refused_a_connection_may_lose_a_member() -> None:
    """One customer pays after all while the lot waits: the others go without him."""
    wire = Wire({("DeposerLot", 2): Fate(refused=True)})
    monde = queued(wire)
    while wire.calls["DeposerLot"] < 2:
        monde.run(1)
    monde.run(1)
    waiting = [e for e in monde.entries(Etat.EN_FILE) if e.tentatives == 1]
    assert len(waiting) == NOMBRE - 1, "the lot is queued again, whole"
    gone = waiting[2]
    done = monde.write(lambda t: gestures.withdraw(t, gone, monde.now()))
    assert isinstance(done, gestures.Done)
    monde.run(24 * HOUR)
    assert monde.entry(gone.reference).etat is Etat.RETIREE
    assert faults(monde) == []
    billed = sorted(une for references in in_one_lot_each(monde).values() for une in references)
    assert billed == sorted(f"D-{rang}/FAC-1" for rang in range(NOMBRE) if f"D-{rang}/FAC-1" != gone.reference)


def test_a_member_keyed_on_the_portal_meanwhile_is_not_sent_with_its_lot() -> None:
    wire = Wire({("DeposerLot", 2): Fate(never=True)})
    monde = queued(wire)
    while wire.calls["DeposerLot"] < 2:
        monde.run(1)
    monde.run(5)
    doubtful = monde.entries(Etat.INCERTAINE)
    assert len(doubtful) == NOMBRE - 1
    keyed = doubtful[1]
    number = next(iter(monde.session.book("almerys").factures.values())).facture.numero_facture
    done = monde.write(lambda t: gestures.act(t, keyed, Geste.FAIT_AILLEURS, monde.now(), number))
    assert isinstance(done, gestures.Done)
    monde.delivery.wake(done.lanes)
    monde.run(24 * HOUR)
    billed = {une for references in in_one_lot_each(monde).values() for une in references}
    assert billed == {f"D-{rang}/FAC-1" for rang in range(NOMBRE)} - {keyed.reference}
    assert list(map(str, monde.ecarts())) == []


def test_an_answer_nobody_can_read_holds_every_member_and_asks_before_anything_else() -> None:
    wire = Wire()
    monde = queued(wire)
    row = {"effet": "reponse", "parametres": {"defaut": "tronquee"}, "plateforme": "almerys", "operation": "facture"}
    parsed = effects.parse([{**row, "fois": 1}], monde.session.plateformes, shared_port=True)
    while wire.calls["DeposerLot"] == 0:
        monde.run(1)
    monde.run(0.3)
    monde.session.effects.manual.extend(parsed)
    monde.run(600)
    held = monde.entries(Etat.RETENUE)
    assert [e.action.raison for e in held if e.action] == [Raison.REPONSE_ILLISIBLE] * (NOMBRE - 1)
    for une in held:
        done = monde.write(partial(gestures.act, entry=une, geste=Geste.RELANCER, now=monde.now()))
        assert isinstance(done, gestures.Done)
        monde.delivery.wake(done.lanes)
    monde.run(24 * HOUR)
    all_accepted(monde)
    assert wire.calls["DeposerLot"] == 2
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, NOMBRE - 1]
