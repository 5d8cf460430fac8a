"""The X.509 signature of Body and Timestamp: made with python-xmlsec, and verified with checks of our own around it.

A library's plain yes says only that *something* in the document was signed. Who reads the message must know that what
is signed is the very Body and Timestamp that will be used, so `verify` also checks, by identity of the elements: one
Security header, one Signature in it, ids that are unique, references only to known ids of this document, chosen
algorithms, and a key that comes from a certificate the caller trusts. Freshness and replay are the caller's.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import xmlsec
from lxml import etree

from tierspayant.schemas import xml
from tierspayant.schemas.security.causes import faute
from tierspayant.schemas.security.splice import with_body_attributes, with_header_block
from tierspayant.schemas.security.usernametoken import BASE64_TYPE, instant, read_instant
from tierspayant.schemas.soap import WSSE, WSU

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
X509_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
LIFE = dt.timedelta(minutes=5)
"""How long a signed Timestamp says it serves."""
MAX_REFERENCES = 8
"""Body and Timestamp, and what a stack adds of its own (token, business header)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A certificate and its private key, in PEM; `algorithm`: what that key signs with."""

    certificat: bytes
    cle: bytes = field(repr=False)
    algorithm: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What a valid signature says. `empreinte`: the same only for the same signed content, whatever the signature."""

    certificat: bytes
    cree_le: dt.datetime
    expire_le: dt.datetime | None
    empreinte: bytes


def signing_key(certificat: bytes, cle: bytes) -> SigningKey:
    """A pair read from PEM. Raises ValueError when they do not belong together or are no RSA or P-256 key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(cle, None)
    if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("the key is neither RSA nor of an elliptic curve")  # noqa: TRY004 - a file's content
    if x509.load_pem_x509_certificate(certificat).public_key() != private.public_key():
        raise ValueError("the certificate is not that of the key")
    return SigningKey(certificat, cle, RSA_SHA256 if isinstance(private, RSAPrivateKey) else ECDSA_SHA256)


# ------------------------------------------------------------------------------------------------------- signing


def sign(envelope: bytes, key: SigningKey, cree_le: dt.datetime, unique: str) -> bytes:
    """The envelope with its Security header. `unique`: letters and digits that make this attempt's ids its own.

    What the Body holds stays byte for byte; only an id is put on the Body's own tag.
    """
    wsu_id = f' xmlns:wsu="{WSU}" wsu:Id="B-{unique}"'.encode()
    named = with_body_attributes(envelope, wsu_id)
    root = xml.parse(with_header_block(named, _template(key, cree_le, unique)), limite=xml.MAX_BYTES_PIECES)
    security = root[0][-1]
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.cle, xmlsec.constants.KeyDataFormatPem)
    for signed in (root[-1], security[0]):
        context.register_id(signed, "Id", WSU)
    context.sign(security[-1])
    return with_header_block(named, etree.tostring(security, with_tail=False))


def _template(key: SigningKey, cree_le: dt.datetime, unique: str) -> bytes:
    references = "".join(
        f'<ds:Reference URI="#{part}-{unique}"><ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>'
        for part in ("B", "T")
    )
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}">'
        f'<wsu:Timestamp wsu:Id="T-{unique}"><wsu:Created>{instant(cree_le)}</wsu:Created>'
        f"<wsu:Expires>{instant(cree_le + LIFE)}</wsu:Expires></wsu:Timestamp>"
        f'<wsse:BinarySecurityToken wsu:Id="X-{unique}" EncodingType="{BASE64_TYPE}" ValueType="{X509_TYPE}">'
        f"{_der_base64(key.certificat)}</wsse:BinarySecurityToken>"
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{key.algorithm}"/>{references}</ds:SignedInfo><ds:SignatureValue/>'
        f'<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#X-{unique}" ValueType="{X509_TYPE}"/>'
        "</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>"
    ).encode()


@cache
def _der_base64(certificat: bytes) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    return base64.b64encode(x509.load_pem_x509_certificate(certificat).public_bytes(Encoding.DER)).decode()


# ----------------------------------------------------------------------------------------------------- verifying


def verify(root: etree._Element, trusts: Callable[[bytes, dt.datetime], None], now: dt.datetime) -> Signed:
    """Who signed this envelope's Body and Timestamp.

    `trusts(certificate in DER, now)` raises Faute for a certificate that is not accepted: its chain and its dates.
    Raises Faute SIGNATURE_ABSENTE, _FORME, _ALGORITHME, _ENVELOPPE_DEPLACEE, _FAUSSE, or what `trusts` raises.
    """
    security = _security(root)
    signature = _only(security, f"{{{DS}}}Signature", "SIGNATURE_ABSENTE")
    if len(list(root.iter(f"{{{DS}}}Signature"))) != 1 or next(root.iter(f"{{{DS}}}Object"), None) is not None:
        raise faute("SIGNATURE_ENVELOPPE_DEPLACEE")
    timestamp = _only(security, f"{{{WSU}}}Timestamp", "SIGNATURE_ENVELOPPE_DEPLACEE")
    ids = _ids(root)
    info = _only(signature, f"{{{DS}}}SignedInfo", "SIGNATURE_FORME")
    _check_algorithms(info)
    references = [_referenced(one, ids) for one in info if one.tag == f"{{{DS}}}Reference"]
    if not any(one is root[-1] for one in references) or not any(one is timestamp for one in references):
        raise faute("SIGNATURE_ENVELOPPE_DEPLACEE")
    der = _certificate(signature, security, ids)
    trusts(der, now)
    _check_value(signature, der, references)
    canonical = etree.tostring(info, method="c14n", exclusive=True)
    expires = [one.text or "" for one in timestamp if one.tag == f"{{{WSU}}}Expires"]
    return Signed(
        certificat=der,
        cree_le=read_instant((_only(timestamp, f"{{{WSU}}}Created", "AUTH_FORME").text or "").strip()),
        expire_le=read_instant(expires[0].strip()) if expires else None,
        empreinte=hashlib.sha256(canonical).digest(),
    )


def _security(root: etree._Element) -> etree._Element:
    """The only Security header, a child of the Header. Raises Faute."""
    everywhere = list(root.iter(f"{{{WSSE}}}Security"))
    here = [child for child in root[0] if child.tag == f"{{{WSSE}}}Security"] if len(root) == 2 else []
    if not here:
        raise faute("SIGNATURE_ABSENTE" if not everywhere else "SIGNATURE_ENVELOPPE_DEPLACEE")
    if len(everywhere) != 1:
        raise faute("SIGNATURE_ENVELOPPE_DEPLACEE")
    return here[0]


def _ids(root: etree._Element) -> dict[str, etree._Element]:
    """Every element that carries an id, whatever the attribute's namespace or case. Raises Faute when two share one."""
    found: dict[str, etree._Element] = {}
    for element in root.iter():
        for nom, value in element.attrib.items():
            named = str(nom).rpartition("}")[2].lower() == "id"
            if named and found.setdefault(str(value), element) is not element:
                raise faute("SIGNATURE_ENVELOPPE_DEPLACEE")
    return found


def _check_algorithms(info: etree._Element) -> None:
    """Exclusive C14N everywhere, SHA-256, RSA or ECDSA; no other transform, and at least one reference."""
    tags = [str(one.tag).removeprefix(f"{{{DS}}}") for one in info]
    count = len(tags) - 2
    if not 1 <= count <= MAX_REFERENCES or tags != [
        "CanonicalizationMethod",
        "SignatureMethod",
        *["Reference"] * count,
    ]:
        raise faute("SIGNATURE_FORME")
    if info[0].get("Algorithm") != EXCLUSIVE or info[1].get("Algorithm") not in (RSA_SHA256, ECDSA_SHA256):
        raise faute("SIGNATURE_ALGORITHME")
    for reference in info[2:]:
        transforms = [one.get("Algorithm") for one in reference.iter(f"{{{DS}}}Transform")]
        digests = [one.get("Algorithm") for one in reference.iter(f"{{{DS}}}DigestMethod")]
        if transforms != [EXCLUSIVE] or digests != [SHA256]:
            raise faute("SIGNATURE_ALGORITHME")


def _referenced(reference: etree._Element, ids: dict[str, etree._Element]) -> etree._Element:
    uri = reference.get("URI") or ""
    element = ids.get(uri[1:]) if uri.startswith("#") else None
    if element is None or element.get(f"{{{WSU}}}Id") != uri[1:]:
        raise faute("SIGNATURE_ENVELOPPE_DEPLACEE")
    return element


def _certificate(signature: etree._Element, security: etree._Element, ids: dict[str, etree._Element]) -> bytes:
    """The certificate that KeyInfo refers to: a BinarySecurityToken of this Security header, before or after."""
    uris = [one.get("URI") or "" for one in signature.iterfind(f"{{{DS}}}KeyInfo//{{{WSSE}}}Reference")]
    token = ids.get(uris[0].removeprefix("#")) if len(uris) == 1 and uris[0].startswith("#") else None
    right = token is not None and token.tag == f"{{{WSSE}}}BinarySecurityToken" and token.getparent() is security
    if token is None or not right or token.get("ValueType") != X509_TYPE:
        raise faute("SIGNATURE_FORME")
    try:
        return base64.b64decode("".join((token.text or "").split()), validate=True)
    except binascii.Error:
        raise faute("SIGNATURE_FORME") from None


def _check_value(signature: etree._Element, der: bytes, references: list[etree._Element]) -> None:
    context = xmlsec.SignatureContext()
    try:
        context.key = xmlsec.Key.from_memory(der, xmlsec.constants.KeyDataFormatCertDer)
        for element in references:
            context.register_id(element, "Id", WSU)
        context.verify(signature)
    except (xmlsec.Error, ValueError):
        raise faute("SIGNATURE_FAUSSE") from None


def _only(parent: etree._Element, tag: str, regle: str) -> etree._Element:
    found = [child for child in parent if child.tag == tag]
    if len(found) != 1:
        raise faute(regle if not found else "SIGNATURE_ENVELOPPE_DEPLACEE")
    return found[0]
