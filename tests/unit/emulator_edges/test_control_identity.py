"""Accounts in the control API: seen, spoiled, mended; all of a change or none of it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from cryptography.x509 import load_pem_x509_certificate
from twisted.internet.task import Clock

from tests.contracts.speaking import SHOP, START
from tierspayant.emulator import control_session, platforms_data
from tierspayant.emulator.access import Access
from tierspayant.emulator.control_evidence import Asked
from tierspayant.emulator.effects import EffetInvalide
from tierspayant.emulator.journal import NoJournal
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.problem import Problem
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.outcomes import RaisonCompte


@pytest.fixture
def session() -> Session:
    data = {nom: platforms_data.load()[nom] for nom in ("viamedis", "almerys")}
    return Session("s", Clock(), data, now=START, seed=1, journal=NoJournal("s"), access=Access("dialecte"))


def call(session: Session, method: str, path: str, body: object = None) -> Any:
    data = b"" if body is None else json.dumps(body).encode()
    plan = control_session.serve(session, [path], Asked(method, {}, data))
    assert isinstance(plan, Plan)
    assert plan.response is not None
    return json.loads(plan.response.body)


def account(session: Session, plateforme: str = "viamedis") -> dict[str, Any]:
    rows = call(session, "GET", "comptes")["elements"]
    return next(row for row in rows if (row["plateforme"], row["magasin"]) == (plateforme, SHOP))


def test_what_platforms_ask_is_seen_and_changed_alone(session: Session) -> None:
    before = call(session, "GET", "identite")
    assert before["viamedis"]["authentification"] == "usernametoken"
    after = call(session, "PUT", "identite", {"almerys": {"session": True}})
    assert after == before | {"almerys": before["almerys"] | {"session": True}}


@pytest.mark.parametrize(
    "wrong",
    [{"viamedis": {"session": True}, "ailleurs": {}}, {"viamedis": {"session": "oui"}}, {"viamedis": {"sesion": True}}],
)
def test_a_wrong_change_changes_nothing(session: Session, wrong: object) -> None:
    before = call(session, "GET", "identite")
    with pytest.raises((Problem, EffetInvalide)):
        call(session, "PUT", "identite", wrong)
    assert call(session, "GET", "identite") == before


def test_an_account_is_spoiled_mended_and_given_another_secret(session: Session) -> None:
    known = session.identity.accounts.get("viamedis", SHOP)
    assert known is not None
    known.echecs = 3
    call(session, "PUT", "comptes", [{"plateforme": "viamedis", "magasin": SHOP, "etat": "expire"}])
    assert account(session)["etat"] == "expire"
    assert account(session, "almerys")["etat"] is None
    call(session, "PUT", "comptes", [{"plateforme": "viamedis", "magasin": SHOP, "secret": "neuf"}])
    assert (known.etat, known.secret) == (RaisonCompte.EXPIRE, "neuf")
    call(session, "PUT", "comptes", [{"plateforme": "viamedis", "magasin": SHOP, "etat": None}])
    assert (account(session)["etat"], account(session)["echecs"]) == (None, 0)


def test_secrets_are_not_shown(session: Session) -> None:
    known = session.identity.accounts.get("viamedis", SHOP)
    assert known is not None
    assert known.secret not in json.dumps(call(session, "GET", "comptes"))
    assert known.secret not in repr(known)


def test_of_two_accounts_one_unknown_neither_changes(session: Session) -> None:
    rows = [
        {"plateforme": "viamedis", "magasin": SHOP, "etat": "verrouille"},
        {"plateforme": "viamedis", "magasin": "759999998", "etat": "verrouille"},
    ]
    with pytest.raises(Problem):
        call(session, "PUT", "comptes", rows)
    assert account(session)["etat"] is None


def test_a_sent_code_can_be_read(session: Session) -> None:
    known = session.identity.accounts.get("almerys", SHOP)
    assert known is not None
    assert call(session, "GET", "codes")["elements"] == []
    known.send_code(random.Random(1), START)
    [row] = call(session, "GET", "codes")["elements"]
    assert (row["plateforme"], row["magasin"], len(row["code"])) == ("almerys", SHOP, 6)


def test_a_certificate_is_issued_by_the_authority_it_comes_with(session: Session) -> None:
    made = call(session, "POST", "certificats", {"magasins": [SHOP]})
    certificat, ca = (load_pem_x509_certificate(made[nom].encode()) for nom in ("certificat", "ca"))
    certificat.verify_directly_issued_by(ca)
    assert "PRIVATE KEY" in made["cle"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"magasins": []},
        {"magasins": ["123"]},
        {"magasins": [SHOP], "debut": "2024-02-01T00:00:00+01:00", "fin": "2024-01-01T00:00:00+01:00"},
    ],
)
def test_a_certificate_for_nobody_or_for_no_time_is_refused(session: Session, wrong: object) -> None:
    with pytest.raises((Problem, EffetInvalide)):
        call(session, "POST", "certificats", wrong)


def test_a_snapshot_keeps_locks_codes_settings_and_what_was_used(session: Session) -> None:
    known = session.identity.accounts.get("viamedis", SHOP)
    assert known is not None
    known.etat, known.echecs = RaisonCompte.VERROUILLE, 5
    known.send_code(random.Random(1), START)
    assert session.identity._once.first(b"k", START)
    call(session, "PUT", "identite", {"almerys": {"fraicheur": "virtuelle"}})
    taken = json.loads(json.dumps(session.snapshot()))
    seen = (account(session), call(session, "GET", "identite"), call(session, "GET", "codes"))
    session.reset()
    assert account(session)["etat"] is None
    session.restore(taken)
    assert (account(session), call(session, "GET", "identite"), call(session, "GET", "codes")) == seen
    assert not session.identity._once.first(b"k", START)
