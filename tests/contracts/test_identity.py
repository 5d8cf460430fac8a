"""Who speaks, through both dialects: what passes, what is refused and by which rule, what the adapter's road reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal

import pyotp
import pytest

from tests.contracts.speaking import OTHER, PLATEFORMES, SHOP, Speaker
from tierspayant.emulator.certificates import TlsRequest
from tierspayant.schemas.messages import FermerSessionDemande, OuvrirSessionDemande, SessionReponse
from tierspayant.schemas.outcomes import Answer, NotYou, RaisonCompte
from tierspayant.schemas.security import signature

Way = Literal["usernametoken", "x509"]
WAYS: tuple[Way, ...] = ("usernametoken", "x509")
every = pytest.mark.parametrize("plateforme", PLATEFORMES)
both_ways = pytest.mark.parametrize("way", WAYS)


@every
@both_ways
def test_a_signed_question_is_answered(plateforme: str, way: Way) -> None:
    speaker = Speaker(plateforme, way)
    assert isinstance(speaker.ask(), Answer)
    assert isinstance(speaker.ask(), Answer)


@every
@pytest.mark.parametrize(("way", "regle"), [("usernametoken", "AUTH_ABSENTE"), ("x509", "SIGNATURE_ABSENTE")])
def test_an_unsigned_question_is_refused(plateforme: str, way: Way, regle: str) -> None:
    speaker = Speaker(plateforme, way)
    assert speaker.refusal(speaker.question())[0] == regle


@every
@both_ways
def test_the_same_bytes_pass_once(plateforme: str, way: Way) -> None:
    speaker = Speaker(plateforme, way)
    requete = speaker.signed(speaker.question())
    assert isinstance(speaker.send(requete)[1], Answer)
    assert speaker.refusal(requete)[0] == "AUTH_NONCE_REJOUE"


@every
@both_ways
@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_clock_that_is_off_is_refused(plateforme: str, way: Way, seconds: int) -> None:
    speaker = Speaker(plateforme, way)
    made = speaker.now() + dt.timedelta(seconds=seconds)
    assert speaker.refusal(speaker.signed(speaker.question(), made=made))[0] == "AUTH_HORLOGE"


@every
def test_a_clock_a_little_off_passes(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken")
    made = speaker.now() + dt.timedelta(seconds=299)
    assert isinstance(speaker.send(speaker.signed(speaker.question(), made=made))[1], Answer)


@every
def test_a_signed_message_serves_no_longer_than_it_says(plateforme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "LIFE", dt.timedelta(seconds=60))
    speaker = Speaker(plateforme, "x509")
    requete = speaker.signed(speaker.question())
    speaker.clock.advance(61)
    assert speaker.refusal(requete)[0] == "AUTH_HORLOGE"


@every
def test_five_wrong_secrets_lock_the_account_and_the_right_one_no_longer_helps(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken")
    for _ in range(4):
        regle, outcome = speaker.refusal(speaker.signed(speaker.question(), secret="faux"))
        assert (regle, outcome.raison) == ("AUTH_SECRET", RaisonCompte.REFUSE)
    for secret in ("faux", None):
        regle, outcome = speaker.refusal(speaker.signed(speaker.question(), secret=secret))
        assert (regle, outcome.raison) == ("AUTH_VERROUILLE", RaisonCompte.VERROUILLE)
    assert speaker.account.echecs == 5, "a locked account looks at no secret"


@every
def test_a_good_log_in_forgets_the_wrong_ones_before(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken")
    for _ in range(3):
        for _ in range(4):
            speaker.refusal(speaker.signed(speaker.question(), secret="faux"))
        assert isinstance(speaker.ask(), Answer)


@every
@both_ways
def test_an_account_speaks_for_its_own_shop_only(plateforme: str, way: Way) -> None:
    speaker = Speaker(plateforme, way)
    assert speaker.refusal(speaker.signed(speaker.question(shop=OTHER)))[0] == "AUTH_MAGASIN"


@every
@both_ways
@pytest.mark.parametrize("raison", RaisonCompte)
def test_each_state_of_an_account_reaches_the_adapter_as_its_reason(
    plateforme: str, way: Way, raison: RaisonCompte
) -> None:
    speaker = Speaker(plateforme, way)
    speaker.account.etat = raison
    assert speaker.refusal(speaker.signed(speaker.question()))[1].raison is raison


@every
def test_a_password_in_clear_is_refused(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken")
    requete = speaker.signed(speaker.question())
    clear = replace(requete, body=requete.body.replace(b"#PasswordDigest", b"#PasswordText"))
    assert speaker.refusal(clear)[0] == "AUTH_MOT_DE_PASSE_CLAIR"


@every
def test_two_tokens_are_refused(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken")
    twice = speaker.signed(speaker.signed(speaker.question()))
    assert speaker.refusal(twice)[0] == "AUTH_FORME"


@every
def test_an_unknown_authority_is_refused(plateforme: str) -> None:
    speaker, stranger = Speaker(plateforme, "x509"), Speaker(plateforme, "x509")
    stranger.key()
    speaker.issued = stranger.issued
    regle, outcome = speaker.refusal(speaker.signed(speaker.question()))
    assert (regle, outcome.raison) == ("AUTH_CERTIFICAT", RaisonCompte.CERTIFICAT)


@every
def test_a_server_certificate_of_the_right_authority_signs_nothing(plateforme: str) -> None:
    speaker = Speaker(plateforme, "x509")
    speaker.issued = speaker.session.identity.authority.issue_server("localhost")
    assert speaker.refusal(speaker.signed(speaker.question()))[0] == "AUTH_CERTIFICAT"


@every
def test_a_certificate_out_of_its_dates_is_refused(plateforme: str) -> None:
    speaker = Speaker(plateforme, "x509")
    day = dt.timedelta(days=1)
    speaker.issued = speaker.session.identity.authority.issue_shop(
        (SHOP,), speaker.now() - 9 * day, speaker.now() - day
    )
    assert speaker.refusal(speaker.signed(speaker.question()))[0] == "AUTH_CERTIFICAT_DATES"


@every
def test_a_client_certificate_of_the_connection_can_be_enough(plateforme: str) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificate

    speaker = Speaker(plateforme, "certificat")
    requete = speaker.question()
    assert speaker.refusal(requete)[0] == "AUTH_CERTIFICAT_ABSENT"
    issued = speaker.session.identity.authority.issue_shop((OTHER, SHOP))
    der = load_pem_x509_certificate(issued.certificat).public_bytes(Encoding.DER)
    shown = TlsRequest(requete.method, requete.path, requete.headers, requete.body, der)
    assert isinstance(speaker.send(shown)[1], Answer)


# ------------------------------------------------------------------------------------------------------- sessions


def opened(speaker: Speaker, code: str | None) -> SessionReponse | NotYou:
    outcome = speaker.ask(OuvrirSessionDemande(identifiant=SHOP, code=code))
    if isinstance(outcome, NotYou):
        return outcome
    assert isinstance(outcome, Answer)
    assert isinstance(outcome.reponse, SessionReponse)
    return outcome.reponse


@every
def test_a_session_opens_with_a_totp_code_and_lasts_a_working_day(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken", session_asked=True)
    assert speaker.ask() == NotYou(RaisonCompte.CODE, "TEC04 AUTH_SESSION")
    session = opened(speaker, pyotp.TOTP(speaker.account.totp).at(speaker.now()))
    assert isinstance(session, SessionReponse)
    assert isinstance(speaker.ask(jeton=session.jeton), Answer)
    speaker.clock.advance(8 * 3600)
    assert speaker.ask(jeton=session.jeton) == NotYou(RaisonCompte.CODE, "TEC04 AUTH_SESSION")


@every
def test_a_totp_code_serves_once(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken", session_asked=True)
    code = pyotp.TOTP(speaker.account.totp).at(speaker.now())
    assert isinstance(opened(speaker, code), SessionReponse)
    assert opened(speaker, code) == NotYou(RaisonCompte.CODE, "TEC04 AUTH_CODE_FAUX")


@every
def test_a_session_is_opened_under_one_s_own_user_name(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken", session_asked=True)
    code = pyotp.TOTP(speaker.account.totp).at(speaker.now())
    demande = OuvrirSessionDemande(identifiant=OTHER, code=code)
    assert speaker.ask(demande) == NotYou(RaisonCompte.REFUSE, "TEC04 AUTH_MAGASIN")
    assert isinstance(opened(speaker, code), SessionReponse)


@every
def test_a_code_is_sent_read_typed_and_serves_once(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken", session_asked=True, second_facteur="courriel")
    assert opened(speaker, None) == NotYou(RaisonCompte.CODE, "TEC04 AUTH_CODE")
    sent = speaker.account.code
    assert sent is not None
    assert isinstance(opened(speaker, sent.code), SessionReponse)
    assert opened(speaker, sent.code) == NotYou(RaisonCompte.CODE, "TEC04 AUTH_CODE_FAUX")


@every
def test_a_code_that_was_not_typed_in_time_serves_no_more(plateforme: str) -> None:
    speaker = Speaker(plateforme, "usernametoken", session_asked=True, second_facteur="courriel")
    opened(speaker, None)
    sent = speaker.account.code
    assert sent is not None
    speaker.clock.advance(601)
    assert opened(speaker, sent.code) == NotYou(RaisonCompte.CODE, "TEC04 AUTH_CODE_FAUX")


@every
def test_five_wrong_codes_lock_the_account(plateforme: str) -> None:
    speaker = Speaker(plateforme, "aucune", session_asked=True)
    found = [opened(speaker, "000000") for _ in range(5)]
    assert found[-1] == NotYou(RaisonCompte.VERROUILLE, "TEC06 AUTH_VERROUILLE")


@every
def test_a_session_that_was_closed_or_is_another_shop_s_serves_nobody(plateforme: str) -> None:
    speaker = Speaker(plateforme, "aucune", session_asked=True)
    session = opened(speaker, pyotp.TOTP(speaker.account.totp).at(speaker.now()))
    assert isinstance(session, SessionReponse)
    theirs = speaker.question(shop=OTHER, jeton=session.jeton)
    assert speaker.refusal(theirs)[0] == "AUTH_SESSION"
    assert isinstance(speaker.ask(FermerSessionDemande(jeton=session.jeton)), Answer)
    assert speaker.ask(jeton=session.jeton) == NotYou(RaisonCompte.CODE, "TEC04 AUTH_SESSION")
