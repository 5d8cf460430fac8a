"""Every ready-made sample gets a good answer from a fresh session, and the standard file runs on any day."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.emulator.counter import START, Counter, book_of, found
from tierspayant.emulator import desk, ledger, platforms_data
from tierspayant.emulator.dates import PARIS, business_day
from tierspayant.schemas import platforms
from tierspayant.schemas.wire import HttpRequest

MEDIA = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
NO = {"refuse", "refusee", "refusees", "rejetee", "rejete", "fermes", "inconnu", "etat_inconnu"}


def samples() -> list[tuple[str, str]]:
    dialects = {one.dialecte for one in platforms_data.load().values()}
    return [
        (dialect, one.name)
        for dialect in sorted(dialects)
        for one in files(f"tierspayant.schemas.{dialect}").joinpath("samples").iterdir()
        if one.name.endswith(".ok.xml")
    ]


@pytest.mark.parametrize(("dialect", "name"), samples())
def test_a_sample_gets_a_good_answer_from_a_fresh_session(dialect: str, name: str) -> None:
    server, traits = platforms.server(dialect), platforms.dialects()[dialect].traits
    operation = next(
        key for key, value in platforms.dialects()[dialect].names.items() if value == name.removesuffix(".ok.xml")
    )
    path = next(path for path, takes in server.chemins.items() if operation in takes)
    body = files(f"tierspayant.schemas.{dialect}").joinpath("samples", name).read_bytes()
    call = server.read(HttpRequest("POST", path, (("Content-Type", MEDIA[traits.version_soap.value]),), body))
    book = book_of(dialect)
    answer = desk.answer(book, call.entete, call.demande, START)
    assert server.write(call, answer).status == 200
    assert not found(answer) & NO if hasattr(answer, "resultat") else True
    assert getattr(answer, "dossiers", None) != ()
    assert getattr(answer, "factures", None) != ()
    assert ledger.check(book) == []


instants = st.builds(
    dt.datetime.combine, st.dates(dt.date(2021, 1, 1), dt.date(2035, 12, 31)), st.times(), st.just(PARIS)
)


@settings(max_examples=60)
@given(instants, st.sampled_from(["viamedis", "almerys"]))
def test_the_standard_file_runs_to_its_payment_whatever_the_day(start: dt.datetime, plateforme: str) -> None:
    counter = Counter(book_of(plateforme, start), now=start)
    card = "PEC_OK_ADULTE_NOMINAL" + ("_A" if counter.book.reglages.lots else "")
    one = counter.book.world.people[card]
    if one.dernier_equipement and one.dernier_equipement > business_day(start) - dt.timedelta(days=732):
        return  # this card's last equipment is a fixed date of 2021
    granted, billed = counter.standard(one)
    assert (found(granted), found(billed)) == ({"accordee"}, {"acquitte", "acquittee"})
    counter.wait(dt.timedelta(days=20))
    assert counter.invoice_state("240131900").paye_centimes == 17991
