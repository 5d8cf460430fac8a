"""A signed message rearranged by someone without the key: the library still says yes, our checks say no.

Each attack keeps every signed element somewhere in the document, byte for byte, and puts another Body where the
message is read. The control shows that plain verification accepts it, so that these tests are about our checks.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
import xmlsec
from lxml import etree

from tests.contracts.speaking import PLATEFORMES, Speaker
from tierspayant.schemas.outcomes import Answer
from tierspayant.schemas.security.signature import DS
from tierspayant.schemas.soap import WSSE, WSU

ID = f"{{{WSU}}}Id"
Attack = Callable[[etree._Element], None]
every = pytest.mark.parametrize("plateforme", PLATEFORMES)


def _security(root: etree._Element) -> etree._Element:
    return next(root.iter(f"{{{WSSE}}}Security"))


def _evil(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """(the signed Body taken out, another one in its place with another question)."""
    signed = root[-1]
    evil = deepcopy(signed)
    limite = next(one for one in evil.iter() if "100" in (one.text or ""))
    limite.text = "99"
    root.replace(signed, evil)
    return signed, evil


def body_moved_into_a_header_block(root: etree._Element) -> None:
    signed, evil = _evil(root)
    evil.set(ID, "autre")
    etree.SubElement(root[0], "{urn:example:ailleurs}conserve").append(signed)


def body_moved_and_its_id_used_twice(root: etree._Element) -> None:
    signed, _ = _evil(root)
    etree.SubElement(root[0], "{urn:example:ailleurs}conserve").append(signed)


def body_moved_into_the_security_header(root: etree._Element) -> None:
    signed, evil = _evil(root)
    del evil.attrib[ID]
    _security(root).append(signed)


def body_moved_into_an_object_of_the_signature(root: etree._Element) -> None:
    signed, evil = _evil(root)
    evil.set(ID, "autre")
    signature = next(root.iter(f"{{{DS}}}Signature"))
    etree.SubElement(signature, f"{{{DS}}}Object").append(signed)


def body_moved_into_a_second_security_header(root: etree._Element) -> None:
    signed, evil = _evil(root)
    evil.set(ID, "autre")
    etree.SubElement(root[0], f"{{{WSSE}}}Security").append(signed)


def timestamp_moved_and_a_fresh_one_put_in_its_place(root: etree._Element) -> None:
    security = _security(root)
    signed = security.find(f"{{{WSU}}}Timestamp")
    assert signed is not None
    fresh = deepcopy(signed)
    fresh.set(ID, "autre")
    security.replace(signed, fresh)
    etree.SubElement(root[0], "{urn:example:ailleurs}conserve").append(signed)


def signed_id_named_by_another_attribute(root: etree._Element) -> None:
    signed, evil = _evil(root)
    evil.set("Id", signed.get(ID) or "")
    del evil.attrib[ID]
    etree.SubElement(root[0], "{urn:example:ailleurs}conserve").append(signed)


ATTACKS = (
    body_moved_into_a_header_block,
    body_moved_and_its_id_used_twice,
    body_moved_into_the_security_header,
    body_moved_into_an_object_of_the_signature,
    body_moved_into_a_second_security_header,
    timestamp_moved_and_a_fresh_one_put_in_its_place,
    signed_id_named_by_another_attribute,
)


def plain_yes(root: etree._Element, certificat: bytes) -> bool:
    """What verification by ids alone says, the signed elements found wherever they are."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificat, xmlsec.constants.KeyDataFormatCertPem)
    references = {one.get("URI", "")[1:] for one in root.iter(f"{{{DS}}}Reference")}
    carried = next(iter(root.iter("{urn:example:ailleurs}conserve")), None)
    first = [] if carried is None else list(carried)
    for element in [*first, *root.iter()]:
        if element.get(ID) in references:
            context.register_id(element, "Id", WSU)
            references.discard(element.get(ID))
    try:
        context.verify(next(root.iter(f"{{{DS}}}Signature")))
    except xmlsec.Error:
        return False
    return True


@every
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
def test_a_rearranged_message_is_refused(plateforme: str, attack: Attack) -> None:
    speaker = Speaker(plateforme, "x509")
    requete = speaker.signed(speaker.question())
    root = etree.fromstring(requete.body)
    attack(root)
    wrapped = replace(requete, body=etree.tostring(root))
    assert speaker.refusal(wrapped)[0] == "SIGNATURE_ENVELOPPE_DEPLACEE"


def refused_by_the_signature_check(speaker: Speaker, body: bytes) -> str | None:
    """The rule of the check itself, whatever the XSD would say of the evil Body first."""
    from tierspayant.schemas import xml
    from tierspayant.schemas.faults import Faute
    from tierspayant.schemas.security.signature import verify

    try:
        verify(xml.parse(body), speaker.session.identity.authority.trusts, speaker.now())
    except Faute as faute:
        return faute.regle
    return None


@every
@pytest.mark.parametrize(
    "attack", [one for one in ATTACKS if one is not body_moved_and_its_id_used_twice], ids=lambda one: one.__name__
)
def test_control_the_library_alone_accepts_it(plateforme: str, attack: Attack) -> None:
    speaker = Speaker(plateforme, "x509")
    requete = speaker.signed(speaker.question())
    root = etree.fromstring(requete.body)
    attack(root)
    assert speaker.issued is not None
    assert plain_yes(root, speaker.issued.certificat)


@every
def test_the_untouched_message_passes_both(plateforme: str) -> None:
    speaker = Speaker(plateforme, "x509")
    requete = speaker.signed(speaker.question())
    assert speaker.issued is not None
    assert plain_yes(etree.fromstring(requete.body), speaker.issued.certificat)
    assert isinstance(speaker.send(requete)[1], Answer)


@every
@pytest.mark.parametrize(
    ("old", "new", "regle"),
    [
        (b"<ns0:limite>100<", b"<ns0:limite>101<", "SIGNATURE_FAUSSE"),
        (b"2001/10/xml-exc-c14n#", b"2006/12/xml-c14n11#", "SIGNATURE_ALGORITHME"),
        (b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#ecdsa-sha1", "SIGNATURE_ALGORITHME"),
        (b"xmlenc#sha256", b"xmldsig#sha1", "SIGNATURE_ALGORITHME"),
        (b'URI="#B-', b'URI="#C-', "SIGNATURE_ENVELOPPE_DEPLACEE"),
        (b'URI="#B-u1"', b'URI=""', "SIGNATURE_ENVELOPPE_DEPLACEE"),
        (b'<wsse:Reference URI="#X-', b'<wsse:Reference URI="#T-', "SIGNATURE_FORME"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA", "SIGNATURE_FAUSSE"),
    ],
    ids=["body", "c14n", "method", "digest", "reference", "whole-document", "key", "value"],
)
def test_a_signature_that_was_tampered_with_is_refused(plateforme: str, old: bytes, new: bytes, regle: str) -> None:
    speaker = Speaker(plateforme, "x509")
    body = speaker.signed(speaker.question()).body
    limite = b">100<" if b"<ns0:limite>" not in body else b"<ns0:limite>100<"
    old, new = (limite, limite.replace(b"100", b"101")) if b"limite" in old else (old, new)
    assert old in body
    assert refused_by_the_signature_check(speaker, body.replace(old, new)) == regle


@every
def test_a_token_that_follows_its_signature_is_read_too(plateforme: str) -> None:
    speaker = Speaker(plateforme, "x509")
    requete = speaker.signed(speaker.question())
    root = etree.fromstring(requete.body)
    security = _security(root)
    token = security.find(f"{{{WSSE}}}BinarySecurityToken")
    assert token is not None
    security.append(token)
    assert isinstance(speaker.send(replace(requete, body=etree.tostring(root)))[1], Answer)


@every
def test_a_second_security_header_is_refused_even_when_it_is_empty(plateforme: str) -> None:
    speaker = Speaker(plateforme, "x509")
    requete = speaker.signed(speaker.question())
    root = etree.fromstring(requete.body)
    etree.SubElement(root[0], f"{{{WSSE}}}Security")
    twice = replace(requete, body=etree.tostring(root))
    assert speaker.refusal(twice)[0] == "SIGNATURE_ENVELOPPE_DEPLACEE"
