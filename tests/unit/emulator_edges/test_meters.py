"""Client meters: a well-behaved client and a bad one, told apart by what they did."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.emulator_edges.bench import Bench, sample
from tierspayant.emulator.journal import Journal, JournalFile, JournalIllisible, MemoryJournal

PEC, RIGHTS = sample("viamedis", "DemanderPriseEnCharge"), sample("viamedis", "ConsulterDroits")
INVOICE, QUOTE = sample("viamedis", "DeposerFacture"), sample("viamedis", "DeposerDevis")
MADE = b"2024-01-31T10:00:00"


def in_a_file(session: str) -> Journal:
    return JournalFile("", lambda: dt.datetime.now(dt.UTC)).of(session)


@pytest.fixture(params=[MemoryJournal, in_a_file], ids=["memory", "file"])
def bench(request: pytest.FixtureRequest) -> Bench:
    journal: Callable[[str], Journal] = request.param
    one = Bench(journal)
    one.control("POST", "clock", {"freeze": True})
    return one


def measured(bench: Bench) -> Any:
    status, value = bench.control("GET", "mesures")
    assert status == 200
    return value


def later(bench: Bench, seconds: float) -> None:
    bench.session.clock.advance(dt.timedelta(seconds=seconds))


def test_nothing_happened_is_measured_as_nothing(bench: Bench) -> None:
    value = measured(bench)
    assert (value["essais"], value["taux_reprises"], value["gigue"]) == (0, None, None)
    assert value["recolte"]["droits_par_vente"] is None


def test_retries_their_pauses_and_their_jitter(bench: Bench) -> None:
    bench.effects({"effet": "http", "service": "pec", "parametres": {"statut": 503}})
    for seconds in (0, 10, 20):
        later(bench, seconds)
        bench.post(PEC)
    other = PEC.replace(b"exemple-", b"autre-")
    for seconds in (0, 14, 20):
        later(bench, seconds)
        bench.post(other)
    value = measured(bench)
    assert (value["essais"], value["messages"], value["reprises"], value["taux_reprises"]) == (6, 2, 4, 0.6667)
    assert [(one["rang"], one["nombre"], one["moyenne_s"]) for one in value["pauses"]] == [(1, 2, 12.0), (2, 2, 20.0)]
    assert (value["pauses"][0]["min_s"], value["pauses"][0]["max_s"]) == (10.0, 14.0)
    assert value["gigue"] == round((2 / 12 + 0) / 2, 3)


@pytest.mark.parametrize(("pause", "respected"), [(30, 1), (29, 0)])
def test_whether_a_client_comes_back_when_it_was_told_to(bench: Bench, pause: int, respected: int) -> None:
    bench.effects({"effet": "http", "service": "pec", "parametres": {"statut": 503, "retry_after": 30}, "fois": 1})
    bench.post(PEC)
    bench.post(RIGHTS, "/droits")  # another service: nothing was said about it
    later(bench, pause)
    bench.post(PEC)
    assert measured(bench)["retry_after"] == {"annonces": 1, "respectes": respected, "taux": float(respected)}


def test_a_younger_write_answered_before_an_older_one_is_seen(bench: Bench) -> None:
    younger = PEC.replace(b"exemple-", b"jeune-").replace(MADE, b"2024-01-31T10:00:05").replace(b"0131", b"0132")
    assert MADE in PEC
    bench.post(younger)
    bench.post(PEC)
    bench.post(INVOICE, "/facturation")  # another service: an order of its own
    assert measured(bench)["ordre"] == {"ecritures": 3, "depassees": 1}


def test_the_harvest_of_rights_checks_for_each_sale(bench: Bench) -> None:
    for rank in range(4):
        bench.post(RIGHTS.replace(b"exemple-", b"r%d-" % rank), "/droits")
    bench.post(QUOTE)
    bench.post(INVOICE, "/facturation")
    bench.post(INVOICE, "/facturation")
    recolte = measured(bench)["recolte"]
    assert recolte == {"droits": 4, "devis": 1, "ventes": 1, "droits_par_vente": 4.0, "devis_par_vente": 1.0}


def test_a_double_is_a_taken_request_under_another_id_and_a_retry_is_none(bench: Bench) -> None:
    bench.effects({"effet": "coupure", "service": "pec", "parametres": {"point": "apres_commit"}, "fois": 1})
    bench.post(PEC)
    bench.post(PEC)
    assert measured(bench)["doublons_tentes"] == 0
    bench.post(PEC.replace(b"exemple-", b"encore-"))
    assert measured(bench)["doublons_tentes"] == 1


def test_a_request_that_was_never_taken_may_go_again_under_another_id(bench: Bench) -> None:
    bench.effects({"effet": "coupure", "service": "pec", "parametres": {"point": "apres_lecture"}, "fois": 1})
    bench.post(PEC)
    bench.post(PEC.replace(b"exemple-", b"encore-"))
    assert measured(bench)["doublons_tentes"] == 0


def test_each_session_is_measured_alone() -> None:
    file = JournalFile("", lambda: dt.datetime.now(dt.UTC))
    bench = Bench(file.of)
    bench.control("POST", "/sessions", {"id": "autre"})
    bench.post(PEC, session="autre")
    assert measured(bench)["essais"] == 0
    assert bench.control("GET", "mesures", session="autre")[1]["essais"] == 1


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.sqlite")
    with sqlite3.connect(path) as older:
        older.execute("CREATE TABLE echange (session TEXT, numero INTEGER)")
    older.close()
    with pytest.raises(JournalIllisible):
        JournalFile(path, lambda: dt.datetime.now(dt.UTC))
