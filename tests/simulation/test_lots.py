"""Invoices that wait for the same platform leave together in lots; each is billed once, in one lot, whatever breaks."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from tests.simulation import people
from tests.simulation.invariants import faults, order_faults
from tests.simulation.world import Fate, FateOf, Monde, Reglages
from tests.simulation.worse import resend_without_asking
from tierspayant.adapter import gestures, intake, lots, policy
from tierspayant.adapter.demandes import FactureCorps
from tierspayant.adapter.entry import Etat, Geste, Raison
from tierspayant.adapter.storage.protocol import Membre, Tables
from tierspayant.emulator import effects
from tierspayant.schemas.messages import Montants
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.wire import HttpRequest, header

HOUR = 3600.0
OPENS = 2 * HOUR
"""Until then the platform takes no invoice; everything else works."""
NOMBRE = 7
DOSSIERS = frozenset(f"D-{rang}" for rang in range(NOMBRE))


class Wire:
    """What happened to each call, by operation, and a fate for the n-th call of one (from 1)."""

    def __init__(self, fates: dict[tuple[str, int], Fate] | None = None, opens: float = OPENS) -> None:
        self.calls: Counter[str] = Counter()
        self._fates = fates or {}
        self._opens = opens

    def __call__(self, requete: HttpRequest, now: float) -> Fate:
        [operation] = re.findall(r'action="[^"]*?(\w+)"', header(requete.headers, "content-type") or "")
        if operation in {"DeposerLot", "EtatService"} and now < self._opens:
            return Fate(statut=503)
        self.calls[operation] += 1
        return replace(self._fates.get((operation, self.calls[operation]), Fate()))


def dossier(rang: int) -> str:
    return f"D-{rang}"


def queued(fate: FateOf, nombre: int = NOMBRE, bodies: Sequence[intake.Nouvelle] = (), **reglages: object) -> Monde:
    """A world in which so many invoices wait for the platform to take invoices again."""
    given = {"plateformes": ("almerys",), "dedoublonnage": False, "fate": fate, **reglages}
    monde = Monde(Reglages(**given))  # type: ignore[arg-type]
    for rang in range(nombre):
        monde.insist(people.pec("almerys", dossier(rang)))
    bodies = bodies or [invoice(rang) for rang in range(nombre)]
    monde.clock.callLater(600, monde.insist, bodies[0])  # it finds the lane shut; the others come while it is
    for une in bodies[1:]:
        monde.clock.callLater(900, monde.insist, une)
    return monde


def invoice(rang: int) -> intake.Nouvelle:
    return people.facture(dossier(rang), f"2401315{rang:02d}")


def lived(fate: FateOf, nombre: int = NOMBRE, taille_lot: int = lots.TAILLE) -> Monde:
    monde = queued(fate, nombre, taille_lot=taille_lot)
    monde.run(24 * HOUR)
    return monde


def in_one_lot_each(monde: Monde) -> dict[str, list[str]]:
    """Number of each lot -> references in it, as the platform has them; every one of our invoices is in one."""
    found: dict[str, list[str]] = {}
    for row in monde.session.book("almerys").factures.values():
        if not row.facture.reference.startswith("D-DEMO"):
            found.setdefault(str(row.lot), []).append(row.facture.reference)
    every = Counter(reference for references in found.values() for reference in references)
    assert every.most_common(1)[0][1] == 1, every
    return found


def places(monde: Monde) -> dict[str, Membre]:
    entries = [entry for entry in monde.entries() if entry.operation is Operation.FACTURE]
    rows = monde.read(lambda t: {entry.reference: t.membre(entry.id) for entry in entries})
    return {reference: row for reference, row in rows.items() if row is not None}


def _bytes_sent(monde: Monde, identifiant: str, rang: int) -> bytes:
    def work(tables: Tables) -> bytes:
        entry = tables.entry(identifiant)
        assert entry is not None
        octets = monde.vault.get(tables, entry, f"requete-{rang}")
        assert octets is not None
        return octets

    return monde.read(work)


def all_accepted(monde: Monde, nombre: int = NOMBRE) -> None:
    assert [*faults(monde), *order_faults(monde)] == []
    accepted = {e.reference for e in monde.entries() if e.operation is Operation.FACTURE and e.resultat == "acceptee"}
    assert accepted == {f"{dossier(rang)}/FAC-1" for rang in range(nombre)}


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
    assert [*faults(monde), *order_faults(monde)] == []
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, NOMBRE - 2]


def test_a_lot_is_one_shops() -> None:
    shops = ("759999014", "759999022", "759999030")
    wire = Wire()
    monde = Monde(Reglages(plateformes=("almerys",), dedoublonnage=False, fate=wire))
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
    monde = Monde(Reglages(plateformes=("almerys",), dedoublonnage=False, fate=wire))
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
    asked, *sent = [_bytes_sent(monde, porteur, rang) for rang in (2, 1, 3)]
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
    assert [*faults(monde), *order_faults(monde)] == [f"{dossier(3)}/FAC-1: accepted, never billed"]
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
    assert [*faults(monde), *order_faults(monde)] == []
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


def died(at: tuple[int, str] | None, next_step: policy.NextStep = policy.next_step) -> Monde:
    """Three invoices, one of them alone, whose daemon dies at a commit."""
    deaths = () if at is None else (at,)
    monde = queued(Wire(opens=0.5 * HOUR), nombre=3, deaths=deaths, next_step=next_step)
    monde.run(8 * HOUR)
    return monde


def commits() -> int:
    monde = died(None)
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, 2]
    return monde.storage.commits


@pytest.mark.parametrize("side", ["before", "after"])
def test_dying_at_any_commit_leaves_each_invoice_in_one_lot(side: str) -> None:
    total = commits()
    assert total > 20, "the story has enough steps to die at"
    for n in range(1, total + 1):
        monde = died((n, side))
        assert monde.deaths == 1, f"commit {n} was reached"
        all_accepted(monde, 3)
        found = in_one_lot_each(monde)
        assert {row.numero for row in places(monde).values()} == set(found), f"death {side} commit {n}"


def test_control_a_lot_sent_again_without_asking_doubles() -> None:
    doubled = [
        n
        for n in range(1, commits() + 1)
        if any("times" in fault for fault in faults(died((n, "before"), next_step=resend_without_asking)))
    ]
    assert doubled, "no crash point doubles: the proof above proves nothing"


def test_control_without_the_rows_an_invoice_is_in_two_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget who travels with whom: after a doubt each invoice is asked about alone, and lots differ from the bytes."""

    def forget(tables: Tables, membre: Membre) -> None:
        pass

    monkeypatch.setattr(lots, "join", forget)
    wire = Wire({("DeposerLot", 2): Fate(never=True)})
    monde = lived(wire)
    assert faults(monde) != [] or wire.calls["ConsulterLot"] == 0


KINDS = (Fate(refused=True), Fate(statut=503), Fate(never=True), Fate(lost=True), Fate(lost=True, retard=90.0))
STORMS = 12


def storm(seed: int, next_step: policy.NextStep = policy.next_step) -> Monde:
    """Invoices of two shops come while the platform takes none; then a third of all calls goes wrong, and the daemon
    dies now and then."""
    chance = random.Random(seed)
    deaths = tuple((chance.randint(5, 60), chance.choice(("before", "after"))) for _ in range(chance.randint(0, 3)))
    wire = Wire(opens=HOUR)

    def fate(requete: HttpRequest, now: float) -> Fate:
        given = wire(requete, now)
        wrong = HOUR <= now < 5 * HOUR and given == Fate() and chance.random() < 0.33
        return replace(chance.choice(KINDS)) if wrong else given

    reglages = Reglages(
        seed=seed,
        plateformes=("almerys",),
        dedoublonnage=False,
        fate=fate,
        deaths=deaths,
        taille_lot=4,
        next_step=next_step,
    )
    monde = Monde(reglages)
    for rang in range(12):
        magasin = chance.choice(("759999014", "759999022"))
        monde.insist(replace(people.pec("almerys", dossier(rang)), magasin=magasin))
        later = replace(invoice(rang), magasin=magasin)
        monde.clock.callLater(600 if rang == 0 else chance.uniform(900, HOUR), monde.insist, later)
    monde.run(30 * HOUR)
    return monde


def test_lots_in_a_storm(seed: int) -> None:
    sizes: Counter[int] = Counter()
    for one in range(seed, seed + STORMS):
        monde = storm(one)
        assert [*faults(monde), *order_faults(monde)] == [], f"storm {one}"
        found = in_one_lot_each(monde)
        assert {row.numero for row in places(monde).values()} == set(found), f"storm {one}"
        sizes.update(map(len, found.values()))
    assert max(sizes) > 1, "no lot of several: this proves nothing"


def test_control_storms_double_without_the_question() -> None:
    assert any("times" in fault for seed in range(STORMS) for fault in faults(storm(seed, resend_without_asking)))
