"""What an attempt adds to a stored envelope stands beside it: the bytes that were there are still there, in order."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import etree
from zeep.wsse.username import UsernameToken

from tierspayant.schemas import xml
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.security import causes, splice, usernametoken
from tierspayant.schemas.soap import SOAP11, WSSE, WSU

ENVELOPE = (
    f'<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="{SOAP11}"><s:Header>'
    "<n:entete xmlns:n='urn:example:n'><n:idMessage>m-1</n:idMessage></n:entete></s:Header>"
    "<s:Body><n:Question xmlns:n='urn:example:n'>é</n:Question>"
    "</s:Body></s:Envelope>"
).encode()
NOW = dt.datetime(2024, 1, 31, 9, 0, 0, 123456, tzinfo=dt.UTC)


def left_out(whole: bytes, *added: bytes) -> bytes:
    for one in added:
        assert whole.count(one) == 1
        whole = whole.replace(one, b"")
    return whole


def test_a_header_block_and_a_body_attribute_leave_the_rest_as_it_was() -> None:
    block = b"<x:Securite xmlns:x='urn:example:x'/>"
    whole = splice.with_body_attributes(splice.with_header_block(ENVELOPE, block), b' id="b"')
    assert left_out(whole, block, b' id="b"') == ENVELOPE
    assert [etree.QName(one).localname for one in xml.parse(whole)[0]] == ["entete", "Securite"]


def test_a_field_is_added_to_the_business_header_in_its_namespace_and_escaped() -> None:
    whole = splice.with_header_field(ENVELOPE, "jetonSession", "a<b&c")
    entete = xml.parse(whole)[0][0]
    assert entete[-1].tag == "{urn:example:n}jetonSession"
    assert entete[-1].text == "a<b&c"


@pytest.mark.parametrize(
    "envelope",
    [b"<a/>", ENVELOPE.replace(b"<s:Header>", b"<s:Header/><s:Header>").replace(b"</s:Header>", b""), b""],
    ids=["not-an-envelope", "header-not-closed", "nothing"],
)
def test_an_envelope_that_is_not_ours_is_refused(envelope: bytes) -> None:
    with pytest.raises(ValueError, match=r"envelope of ours|exactly once"):
        splice.with_header_block(envelope, b"<a/>")


def test_a_token_made_by_another_library_is_read_and_matches() -> None:
    theirs = UsernameToken("759999014", "un secret", use_digest=True, nonce="abc", created=NOW)
    root, _ = theirs.apply(etree.fromstring(ENVELOPE), {})
    made = usernametoken.read(tuple(root[0]))
    assert (made.utilisateur, made.nonce) == ("759999014", b"abc")
    assert usernametoken.matches(made, "un secret")


def token(secret: str = "un secret", nonce: bytes = b"n" * 16) -> usernametoken.UsernameToken:
    block = xml.parse(usernametoken.block("759999014", secret, nonce, NOW))
    return usernametoken.read((block,))


def test_a_token_is_read_as_it_was_made_and_shows_nothing_of_the_account() -> None:
    made = token()
    assert (made.utilisateur, made.nonce, made.cree_le) == ("759999014", b"n" * 16, NOW.replace(microsecond=123000))
    assert usernametoken.matches(made, "un secret")
    assert not usernametoken.matches(made, "un autre")
    assert "759999014" not in repr(made)


@pytest.mark.parametrize(
    ("old", "new", "regle"),
    [
        (b"<wsse:Username>759999014</wsse:Username>", b"", "AUTH_FORME"),
        (b"<wsse:Username>759999014</wsse:Username>", b"<wsse:Username> </wsse:Username>", "AUTH_FORME"),
        (b"2024-01-31T09:00:00.123Z", b"2024-01-31T09:00:00", "AUTH_FORME"),
        (b"2024-01-31T09:00:00.123Z", b"hier", "AUTH_FORME"),
        (b"bm5ubm5ubm5ubm5ubm5ubg==", b"*", "AUTH_FORME"),
        (b"bm5ubm5ubm5ubm5ubm5ubg==", b"A" * 196, "AUTH_FORME"),
        (b"#PasswordDigest", b"#PasswordText", "AUTH_MOT_DE_PASSE_CLAIR"),
        (b"wsse:UsernameToken", b"wsse:AutreJeton", "AUTH_ABSENTE"),
    ],
)
def test_a_token_that_is_not_well_made_is_refused(old: bytes, new: bytes, regle: str) -> None:
    block = usernametoken.block("759999014", "un secret", b"n" * 16, NOW)
    assert old in block
    with pytest.raises(Faute) as refused:
        usernametoken.read((xml.parse(block.replace(old, new)),))
    assert refused.value.regle == regle


def test_every_reason_of_an_account_has_a_cause_and_no_cause_is_without_one() -> None:
    assert {cause.raison for cause in causes.CAUSES.values()} == set(RaisonCompte)
    assert {cause.code for cause in causes.CAUSES.values()} == {"TEC04", "TEC06"}
    assert causes.raison("AUTRE_CHOSE") is None
    assert causes.faute("AUTH_EXPIRE").xpath == causes.SECURITY


def test_the_namespaces_are_those_of_the_standard() -> None:
    block = xml.parse(usernametoken.block("u", "s", b"n", NOW))
    assert block.tag == f"{{{WSSE}}}Security"
    assert block[0][-1].tag == f"{{{WSU}}}Created"
