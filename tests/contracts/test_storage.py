"""What every storage backend promises about entries, lanes, charges and events: one suite, run on each."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.contracts.storages import NOW, OTHER_SHOP, SHOP, entry, put, read, result, write
from tierspayant.adapter.availability import Compte as CompteDuMagasin
from tierspayant.adapter.availability import EtatService, Retenue, ouvert
from tierspayant.adapter.entry import EN_ATTENTE, Etat, Raison, advance, revise
from tierspayant.adapter.policy import held
from tierspayant.adapter.storage.protocol import (
    CleDonnees,
    DejaLa,
    Depasse,
    Filtre,
    Sealed,
    Storage,
    StorageError,
    Tables,
    Tentative,
)
from tierspayant.schemas.codes import motif
from tierspayant.schemas.operations import Operation, Service


def test_an_entry_comes_back_exactly_as_it_was(storage: Storage) -> None:
    whole = entry(
        "A",
        etat=Etat.RETENUE,
        action=held(Raison.DOUBLONS_PLATEFORME, detail="x", numeros=("V1", "V2")),
        motifs=(motif("PEC08", "champ"),),
        numero="V1",
        resultat="accordee",
        du_le=None,
        expire_le=NOW + dt.timedelta(microseconds=1),
        envoye_le=NOW,
        amc_centimes=17991,
        valide_au=dt.date(2024, 3, 31),
        client_confirme=True,
    )
    put(storage, whole)
    assert read(storage, lambda t: t.entry("id-A")) == whole
    assert read(storage, lambda t: t.entry_by_reference(SHOP, "A")) == whole
    assert read(storage, lambda t: t.entry_by_numero(SHOP, Operation.PEC, "V1")) == whole
    assert read(storage, lambda t: t.empreinte("id-A")) == "empreinte"


def test_what_is_not_there_is_none(storage: Storage) -> None:
    assert read(storage, lambda t: t.entry("nobody")) is None
    assert read(storage, lambda t: t.entry_by_reference(OTHER_SHOP, "A")) is None
    assert read(storage, lambda t: t.empreinte("nobody")) is None
    assert read(storage, lambda t: t.charge("nobody", "corps")) is None


@pytest.mark.parametrize("same", ["id", "id_message", "reference"])
def test_a_second_row_with_the_same_key_is_refused(storage: Storage, same: str) -> None:
    first = entry("A")
    put(storage, first)
    second = replace(entry("B"), **{same: getattr(first, same)})
    with pytest.raises(DejaLa):
        put(storage, second)
    assert read(storage, lambda t: t.count()) == 1


def test_the_same_reference_may_serve_two_shops(storage: Storage) -> None:
    put(storage, entry("A"), replace(entry("B"), reference="A", magasin=OTHER_SHOP))
    assert read(storage, lambda t: t.count()) == 2


def test_a_write_from_an_older_version_is_refused(storage: Storage) -> None:
    put(storage, entry("A"))
    changed = revise(entry("A"), NOW, sondages=1)
    write(storage, lambda t: t.update_entry(changed))
    with pytest.raises(Depasse):
        write(storage, lambda t: t.update_entry(changed))
    assert read(storage, lambda t: t.entry("id-A")) == changed


def test_a_failed_transaction_leaves_nothing(storage: Storage) -> None:
    put(storage, entry("A"))

    def half(tables: Tables) -> None:
        tables.update_entry(advance(entry("A"), Etat.ENVOI, NOW, noeud="n1", du_le=NOW))
        tables.insert_entry(entry("B"), "x")
        tables.put_charge("id-A", "corps", Sealed("k", b"1"))
        tables.put_data_key(CleDonnees("k", SHOP, "D-1", "m", b"2"))
        tables.put_tentative(Tentative(entree="id-A", rang=1, operation=Operation.PEC, id_message="m", debut=NOW))
        tables.put_disponibilite(ouvert("p", Service.PEC, NOW))
        tables.put_compte(CompteDuMagasin(plateforme="p", magasin=SHOP, depuis=NOW, raison=Retenue.CODE))
        tables.add_evenement("demande", NOW, SHOP, "id-A")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(storage, half)
    assert read(storage, lambda t: t.entry("id-A")) == entry("A")
    assert read(storage, lambda t: [e.id for e in t.due("p", Service.PEC, NOW, 10)]) == ["id-A"]
    assert read(storage, lambda t: (t.count(None, (Etat.EN_FILE,)), t.count(None, (Etat.ENVOI,)))) == (1, 0)
    assert read(storage, lambda t: (t.entry("id-B"), t.charge("id-A", "corps"), t.data_key("k"))) == (None, None, None)
    assert read(storage, lambda t: (list(t.tentatives("id-A")), list(t.disponibilites()), list(t.comptes()))) == (
        [],
        [],
        [],
    )
    assert list(read(storage, lambda t: t.evenements(SHOP, 0, 10))) == []


def test_a_lane_sees_what_is_due_the_most_urgent_first(storage: Storage) -> None:
    later = NOW + dt.timedelta(hours=1)
    put(
        storage,
        entry("backlog", priorite=2, du_le=NOW - dt.timedelta(days=9)),
        entry("counter", priorite=0),
        entry("old", priorite=2, du_le=NOW - dt.timedelta(days=10)),
        entry("later", du_le=later),
        entry("latest", du_le=later + dt.timedelta(seconds=1)),
        entry("waiting", du_le=None),
        entry("elsewhere", plateforme="q"),
        entry("facture", operation=Operation.FACTURE),
    )
    due = read(storage, lambda t: [e.reference for e in t.due("p", Service.PEC, NOW, 10)])
    assert due == ["counter", "old", "backlog"]
    assert read(storage, lambda t: [e.reference for e in t.due("p", Service.PEC, NOW, 2)]) == ["counter", "old"]
    assert read(storage, lambda t: t.next_due("p", Service.PEC, NOW)) == later
    assert read(storage, lambda t: t.next_due("p", Service.PEC, later + dt.timedelta(days=1))) is None


def test_what_time_has_overtaken_is_found_whether_due_or_not(storage: Storage) -> None:
    droits = {"operation": Operation.DROITS, "du_le": None}
    put(
        storage,
        entry("lapsed", expire_le=NOW, **droits),
        entry("later", expire_le=NOW + dt.timedelta(seconds=1), **droits),
        entry("never", **droits),
        entry("done", expire_le=NOW, etat=Etat.TERMINEE, **droits),
    )
    assert read(storage, lambda t: [e.reference for e in t.lapsed("p", Service.DROITS, NOW, 10)]) == ["lapsed"]
    assert read(storage, lambda t: t.next_lapse("p", Service.DROITS, NOW)) == NOW + dt.timedelta(seconds=1)
    assert read(storage, lambda t: t.next_lapse("p", Service.PEC, NOW)) is None


def test_shops_take_turns_and_the_turn_goes_on_where_it_stopped(storage: Storage) -> None:
    shops = {"A": SHOP, "B": OTHER_SHOP, "C": "759999030"}
    put(
        storage,
        *(
            entry(f"{nom}{rang}", magasin=shop, du_le=NOW - dt.timedelta(days=9 if nom == "A" else 1, hours=-rang))
            for nom, shop in shops.items()
            for rang in range(4 if nom == "A" else 2)
        ),
    )

    def turn(limite: int, after: str = "") -> list[str]:
        return [e.reference for e in read(storage, lambda t: t.due("p", Service.PEC, NOW, limite, after))]

    assert turn(100) == ["A0", "B0", "C0", "A1", "B1", "C1", "A2", "A3"]
    assert turn(2) == ["A0", "B0"]
    assert turn(2, after=OTHER_SHOP) == ["C0", "A0"]
    assert turn(100, after=SHOP)[:4] == ["B0", "C0", "A0", "B1"]
    assert turn(0) == []


def test_when_a_lane_shuts_nobody_stands_at_its_counter_any_more(storage: Storage) -> None:
    put(
        storage,
        entry("pec", priorite=0),
        entry("waiting", priorite=0, du_le=None),
        entry("elsewhere", priorite=0, plateforme="q"),
        entry("facture", priorite=0, operation=Operation.FACTURE),
        entry("droits", priorite=0, operation=Operation.DROITS),
    )
    for service in (Service.PEC, Service.FACTURE, Service.DROITS):
        write(storage, partial(_demote, service=service))
    found = {e.reference: (e.priorite, e.version) for e in read(storage, lambda t: t.entries(Filtre()))}
    ends = {"pec": (2, 1), "waiting": (2, 1), "elsewhere": (0, 1), "facture": (1, 1), "droits": (0, 1)}
    assert found == ends


def _demote(tables: Tables, service: Service) -> None:
    tables.demote("p", service)


def test_times_within_one_second_keep_their_order(storage: Storage) -> None:
    put(storage, entry("whole"), entry("fraction", du_le=NOW + dt.timedelta(microseconds=500_000)))
    assert read(storage, lambda t: [e.reference for e in t.due("p", Service.PEC, NOW, 10)]) == ["whole"]
    assert read(storage, lambda t: t.next_due("p", Service.PEC, NOW)) == NOW + dt.timedelta(microseconds=500_000)


@pytest.mark.parametrize("raison", [Retenue.EXPIRE, Retenue.PAUSE])
def test_a_shop_whose_account_is_held_is_left_out_and_the_others_go_on(storage: Storage, raison: Retenue) -> None:
    put(storage, entry("A"), entry("B", magasin=OTHER_SHOP))
    compte = CompteDuMagasin(plateforme="p", magasin=SHOP, depuis=NOW, raison=raison)
    write(storage, lambda t: t.put_compte(compte))
    assert read(storage, lambda t: [e.reference for e in t.due("p", Service.PEC, NOW, 10)]) == ["B"]
    assert read(storage, lambda t: t.compte("p", SHOP)) == compte
    assert list(read(storage, lambda t: t.comptes(OTHER_SHOP))) == []
    write(storage, lambda t: t.put_compte(replace(compte, raison=None)))
    assert read(storage, lambda t: len(t.due("p", Service.PEC, NOW, 10))) == 2


def test_lists_are_filtered_and_paged(storage: Storage) -> None:
    put(
        storage,
        entry("A"),
        entry("B", magasin=OTHER_SHOP),
        entry("C", dossier="D-2", etat=Etat.TERMINEE, du_le=None),
        entry("D", operation=Operation.FACTURE),
    )

    def listed(**filtre: Any) -> str:
        return "".join(e.reference for e in read(storage, lambda t: t.entries(Filtre(**filtre))))

    assert listed() == "ABCD"
    assert listed(magasin=SHOP) == "ACD"
    assert listed(etats=(Etat.TERMINEE,)) == "C"
    assert listed(dossier="D-2") == "C"
    assert listed(service=Service.FACTURE) == "D"
    assert listed(operation=Operation.PEC, limite=2) == "AB"
    assert listed(operation=Operation.PEC, limite=2, apres="id-B") == "C"
    assert read(storage, lambda t: [e.reference for e in t.dossier(SHOP, "D-1")]) == ["A", "D"]
    assert read(storage, lambda t: t.count(SHOP, (Etat.EN_FILE, Etat.TERMINEE))) == 3


def test_money_waiting_adds_up_and_unknown_is_not_zero(storage: Storage) -> None:
    facture = {"operation": Operation.FACTURE}
    put(
        storage,
        entry("A", amc_centimes=100, **facture),
        entry("B", amc_centimes=50, cree_le=NOW - dt.timedelta(days=1), **facture),
        entry("C", **facture),
        entry("D", amc_centimes=7, magasin=OTHER_SHOP, **facture),
        entry("pec", amc_centimes=1000),
    )
    [row] = read(storage, lambda t: t.encours(SHOP))
    assert (row.nombre, row.inconnus, row.amc_centimes, row.paye_centimes) == (3, 1, 150, 0)
    assert row.plus_ancienne == NOW - dt.timedelta(days=1)
    assert sum(row.amc_centimes for row in read(storage, lambda t: t.encours(None))) == 157


def test_charges_keys_and_attempts_are_kept(storage: Storage) -> None:
    put(storage, entry("A"))
    cle = CleDonnees("k", SHOP, "D-1", "m", b"wrapped")
    begun = Tentative(entree="id-A", rang=1, operation=Operation.PEC, id_message="m", debut=NOW)
    ended = replace(begun, fin=NOW, issue="Answer")

    def all_of_it(tables: Tables) -> None:
        tables.put_data_key(cle)
        tables.put_charge("id-A", "corps", Sealed("k", b"\x00old"))
        tables.put_charge("id-A", "corps", Sealed("k", b"\x00new"))
        tables.put_tentative(begun)
        tables.put_tentative(ended)

    write(storage, all_of_it)
    assert read(storage, lambda t: t.charge("id-A", "corps")) == Sealed("k", b"\x00new")
    assert read(storage, lambda t: (t.data_key("k"), t.data_key_of(SHOP, "D-1"), list(t.data_keys()))) == (
        cle,
        cle,
        [cle],
    )
    assert list(read(storage, lambda t: t.tentatives("id-A"))) == [ended]
    assert write(storage, lambda t: t.delete_charges("id-A")) == 1
    write(storage, lambda t: t.delete_data_key("k"))
    assert read(storage, lambda t: (t.charge("id-A", "corps"), t.data_key("k"))) == (None, None)


def test_availability_is_one_row_per_service(storage: Storage) -> None:
    service = ouvert("p", Service.PEC, NOW)
    shut = replace(service, etat=EtatService.FERME, essais=2, prochain_essai=NOW, fenetre=1, message="fermé")
    write(storage, lambda t: t.put_disponibilite(service))
    write(storage, lambda t: t.put_disponibilite(shut))
    assert read(storage, lambda t: t.disponibilite("p", Service.PEC)) == shut
    assert read(storage, lambda t: t.disponibilite("p", Service.DROITS)) is None
    assert list(read(storage, lambda t: t.disponibilites())) == [shut]


def test_events_have_a_growing_cursor_and_each_shop_sees_its_own_and_everyones(storage: Storage) -> None:
    put(storage, entry("A"))
    for shop in (SHOP, OTHER_SHOP, None, SHOP):
        write(storage, partial(_event, shop=shop))
    mine = read(storage, lambda t: t.evenements(SHOP, 0, 10))
    assert [un.magasin for un in mine] == [SHOP, None, SHOP]
    assert mine[0].donnees == {"n": 1, "mot": "é"}
    assert [un.id for un in read(storage, lambda t: t.evenements(SHOP, mine[0].id, 1))] == [mine[1].id]
    assert len(read(storage, lambda t: t.evenements(None, 0, 10))) == 4


def _event(tables: Tables, shop: str | None) -> int:
    return tables.add_evenement("x", NOW, shop, None, {"n": 1, "mot": "é"})


def test_a_closed_storage_refuses(storage: Storage) -> None:
    result(storage.close())
    with pytest.raises(StorageError):
        write(storage, lambda t: t.count())


def test_the_queue_s_length_follows_every_move_and_every_failure(storage: Storage) -> None:
    """It is kept in counters, not counted: they must say what counting would."""

    def check() -> None:
        rows = read(storage, lambda t: t.entries(Filtre()))
        for etat in Etat:
            kept = read(storage, lambda t, etat=etat: t.count(None, (etat,)))  # type: ignore[misc]
            assert kept == sum(une.etat is etat for une in rows), etat
        assert read(storage, lambda t: t.count()) == len(rows)
        assert read(storage, lambda t: t.count(None, tuple(EN_ATTENTE))) == sum(e.etat in EN_ATTENTE for e in rows)

    put(storage, entry("A"), entry("B"), entry("C", magasin=OTHER_SHOP))
    check()
    withdrawn = advance(entry("A"), Etat.RETIREE, NOW)
    write(storage, lambda t: t.update_entry(withdrawn))
    write(storage, lambda t: t.update_entry(revise(entry("B"), NOW, sondages=1)))
    check()
    with pytest.raises(DejaLa):
        put(storage, entry("D"), entry("A"))
    with pytest.raises(Depasse):
        write(storage, lambda t: t.update_entry(withdrawn))
    check()


def test_what_is_leaving_comes_due_at_the_end_of_its_lease(storage: Storage) -> None:
    end = NOW + dt.timedelta(minutes=2)
    put(storage, entry("A", etat=Etat.ENVOI, noeud="n1", du_le=end))
    assert read(storage, lambda t: list(t.due("p", Service.PEC, NOW, 10))) == []
    assert read(storage, lambda t: t.next_due("p", Service.PEC, NOW)) == end
    assert read(storage, lambda t: [e.noeud for e in t.due("p", Service.PEC, end, 10)]) == ["n1"]


# --------------------------------------------------------------------------------- promises of what outlives a process


def test_a_place_in_a_platform_s_pace_is_taken_once(storage: Storage) -> None:
    second = dt.timedelta(seconds=1)

    def take(plateforme: str, after: int = 0) -> bool:
        now = NOW + after * second
        return write(storage, lambda t: t.take_place(plateforme, now, now + second, second))

    assert read(storage, lambda t: t.place("p")) is None
    assert [take("p"), take("p"), take("p")] == [True, True, False]
    assert read(storage, lambda t: t.place("p")) == NOW + 2 * second, "the one refused took nothing"
    assert take("q"), "each platform has its own"
    assert [take("p", after=1), take("p", after=1)] == [True, False]
    assert take("p", after=3600)
    assert read(storage, lambda t: t.place("p")) == NOW + 3601 * second, "what was not used is not saved up"


def test_a_transaction_undone_gives_its_place_back(storage: Storage) -> None:
    def taken_in_vain(tables: Tables) -> None:
        assert tables.take_place("p", NOW, NOW, dt.timedelta(seconds=1))
        raise Depasse("p")

    with pytest.raises(Depasse):
        write(storage, taken_in_vain)
    assert read(storage, lambda t: t.place("p")) is None


def test_likes_are_the_other_requests_of_the_shop_under_the_same_hash(storage: Storage) -> None:
    put(storage, entry("A"), entry("B"), entry("C"), entry("D", magasin=OTHER_SHOP), entry("E"))

    def mark(tables: Tables) -> None:
        for nom, magasin, mot in [("A", SHOP, "x"), ("B", SHOP, "x"), ("C", SHOP, "y"), ("D", OTHER_SHOP, "x")]:
            tables.put_personne(f"id-{nom}", magasin, mot)

    write(storage, mark)
    found = {nom: [une.reference for une in read(storage, lambda t, nom=nom: t.likes(f"id-{nom}"))] for nom in "ABCDE"}  # type: ignore[misc]
    assert found == {"A": ["B"], "B": ["A"], "C": [], "D": [], "E": []}
