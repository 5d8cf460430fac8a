"""A signature made by another library, with either kind of key, is read as ours is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from lxml import etree
from zeep.wsse.signature import BinarySignature

from tests.contracts.speaking import PLATEFORMES, SHOP, Speaker
from tierspayant.emulator.certificates import BEGIN, END, SHOP_URN, Issued
from tierspayant.schemas.outcomes import Answer
from tierspayant.schemas.security import signature
from tierspayant.schemas.soap import WSSE, WSU


def rsa_pair(speaker: Speaker) -> Issued:
    """A shop's certificate over an RSA key, issued by the emulator's authority."""
    cle = rsa.generate_private_key(65537, 2048)
    authority, issuer = speaker.session.identity.authority._made
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    made = (
        x509.CertificateBuilder(issuer.subject, name, cle.public_key(), x509.random_serial_number(), BEGIN, END)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(SHOP_URN + SHOP)]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        .sign(authority, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = cle.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Issued(made.public_bytes(pem), private)


@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_a_message_signed_by_zeep_with_sha256_is_answered(plateforme: str, tmp_path: Path) -> None:
    speaker = Speaker(plateforme, "x509")
    issued = rsa_pair(speaker)
    (tmp_path / "cle.pem").write_bytes(issued.cle)
    (tmp_path / "certificat.pem").write_bytes(issued.certificat)
    signer = BinarySignature(
        str(tmp_path / "cle.pem"),
        str(tmp_path / "certificat.pem"),
        signature_method=xmlsec.constants.TransformRsaSha256,
        digest_method=xmlsec.constants.TransformSha256,
    )
    requete = speaker.question()
    root = etree.fromstring(requete.body)
    security = etree.SubElement(root[0], f"{{{WSSE}}}Security")
    timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    etree.SubElement(timestamp, f"{{{WSU}}}Created").text = speaker.now().isoformat()
    signed, _ = signer.apply(root, {})
    assert isinstance(speaker.send(replace(requete, body=etree.tostring(signed)))[1], Answer)


@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_our_own_signature_with_an_rsa_key_is_answered(plateforme: str) -> None:
    speaker = Speaker(plateforme, "x509")
    speaker.issued = rsa_pair(speaker)
    assert speaker.key().algorithm == signature.RSA_SHA256
    assert isinstance(speaker.ask(), Answer)


def test_a_certificate_and_a_key_that_do_not_belong_together_are_refused() -> None:
    authority = Speaker("almerys", "x509").session.identity.authority
    one, other = authority.issue_shop((SHOP,)), authority.issue_shop((SHOP,))
    with pytest.raises(ValueError, match="not that of the key"):
        signature.signing_key(one.certificat, other.cle)


def test_what_the_body_holds_stays_byte_for_byte() -> None:
    speaker = Speaker("almerys", "x509")
    requete = speaker.question()
    signed = speaker.signed(requete).body
    inside = requete.body[requete.body.index(b"Body>") : requete.body.index(b"Body>", requete.body.index(b"Body>") + 5)]
    assert inside[5:] in signed
    again = signature.sign(requete.body, speaker.key(), speaker.now() + dt.timedelta(seconds=1), "u2")
    assert again != signed
