"""Books brought up to the last answer from the journal are the books that gave that answer."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from twisted.internet.task import Clock

from tests.unit.emulator_edges.bench import Bench, sample
from tierspayant.emulator import exchange, platforms_data, replay
from tierspayant.emulator.journal import MemoryJournal
from tierspayant.emulator.sessions import Session
from tierspayant.emulator.toml_data import Plain
from tierspayant.schemas.plain import to_json
from tierspayant.schemas.wire import HttpRequest

START = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)

CASES = (
    ("viamedis", "/droits", "ConsulterDroits"),
    ("viamedis", "/prises-en-charge", "DemanderPriseEnCharge"),
    ("viamedis", "/prises-en-charge", "DeposerDevis"),
    ("viamedis", "/prises-en-charge", "DeposerPieces"),
    ("viamedis", "/prises-en-charge", "AnnulerPriseEnCharge"),
    ("viamedis", "/facturation", "DeposerFacture"),
    ("viamedis", "/authentification", "OuvrirSession"),
    ("almerys", "/tiers-payant", "Valoriser"),
    ("almerys", "/tiers-payant", "DeposerLot"),
    ("almerys", "/tiers-payant", "AnnulerDossier"),
)
POINTS = ("connexion", "avant_lecture", "apres_lecture", "apres_commit", "milieu_corps")
UNKNOWN = b'<?xml version="1.0"?><x/>'


def weather() -> list[Plain]:
    """Everything that may strike, now and then."""
    cuts = [{"effet": "coupure", "parametres": {"point": point}, "probabilite": 0.1} for point in POINTS]
    return [
        {"effet": "http", "parametres": {"statut": 503, "traitee": True}, "probabilite": 0.1},
        {"effet": "reponse", "parametres": {"defaut": "tronquee"}, "probabilite": 0.1},
        {"effet": "silence", "parametres": {"traitee": True}, "fois": 2},
        {"effet": "indisponible", "fois": 3},
        *cuts,
    ]


def step(bench: Bench, chance: random.Random) -> None:
    plateforme, path, nom = chance.choice(CASES)
    body = sample(plateforme, nom).replace(b"exemple-", b"essai%d-" % chance.randrange(6))
    bench.post(UNKNOWN if chance.random() < 0.1 else body, path, plateforme)
    bench.session.clock.advance(bench_pause(chance))


def bench_pause(chance: random.Random) -> dt.timedelta:
    return dt.timedelta(minutes=chance.choice((0, 1, 15, 600, 3000)))


@pytest.mark.parametrize("seed", range(8))
def test_a_state_and_the_exchanges_after_it_make_the_state_of_the_end(seed: int) -> None:
    chance, bench = random.Random(seed), Bench(seed=seed)
    bench.control("POST", "clock", {"freeze": True})
    bench.effects(*weather())
    for _ in range(20):
        step(bench, chance)
    written, count = bench.session.snapshot(), bench.session.journal.count()
    for _ in range(40):
        step(bench, chance)
    again = Bench(seed=seed)
    again.session.restore(written)
    assert replay.replay(again.session, bench.session.journal.after(count)) == 40
    again.session.clock.set(bench.session.clock.now())
    assert to_json(again.session.snapshot()) == to_json(bench.session.snapshot())
    assert again.session.journal.count() == 0


class Ticking(Clock):
    """Time that goes on while an exchange is served: a millisecond for each look at it."""

    def seconds(self) -> float:
        self.rightNow += 0.001
        return super().seconds()


def test_the_books_and_the_journal_have_one_instant_for_an_exchange() -> None:
    session = Session("s", Ticking(), platforms_data.load(), now=START, seed=1, journal=MemoryJournal("s"))
    requete = HttpRequest(
        "POST", "/prises-en-charge", (("Content-Type", "text/xml"),), sample("viamedis", "DemanderPriseEnCharge")
    )
    exchange.decide(session, "viamedis", requete)
    [(_, row)] = session.journal.after(0)
    newest = max(session.book("viamedis").pec.values(), key=lambda pec: pec.numero)
    assert newest.recue_le == row.virtuel
