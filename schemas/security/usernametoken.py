"""The UsernameToken with a password digest: Base64(SHA1(nonce + created + password)) (OASIS UsernameToken 1.1, §3).

SHA-1 is the standard's own choice; what protects the exchange is that nonce and created serve once.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from lxml import etree

from tierspayant.schemas.security.causes import faute
from tierspayant.schemas.soap import WSSE, WSU

_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
DIGEST_TYPE = _PROFILE + "PasswordDigest"
BASE64_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
NONCE_BYTES = 16
NONCE_MAX = 128
"""Bytes of a nonce from outside: each is remembered while it is fresh."""


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """A token as read. `created` is its text as written, which the digest covers; `cree_le` the instant it says."""

    utilisateur: str = field(repr=False)
    condensat: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    created: str
    cree_le: dt.datetime


def digest(nonce: bytes, created: str, secret: str) -> bytes:
    return hashlib.sha1(nonce + created.encode() + secret.encode(), usedforsecurity=False).digest()


def matches(token: UsernameToken, secret: str) -> bool:
    """Whether it was made with this secret, in constant time."""
    return hmac.compare_digest(token.condensat, digest(token.nonce, token.created, secret))


def instant(moment: dt.datetime) -> str:
    """An instant as wsu:Created says it: UTC, milliseconds, Z."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def block(utilisateur: str, secret: str, nonce: bytes, cree_le: dt.datetime) -> bytes:
    """The whole Security header of one attempt."""
    created = instant(cree_le)
    password = base64.b64encode(digest(nonce, created, secret)).decode()
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(utilisateur)}</wsse:Username>"
        f'<wsse:Password Type="{DIGEST_TYPE}">{password}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{BASE64_TYPE}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    ).encode()


def read(headers: tuple[etree._Element, ...]) -> UsernameToken:
    """The token of a message's header blocks. Raises Faute AUTH_ABSENTE, AUTH_FORME or AUTH_MOT_DE_PASSE_CLAIR."""
    securities = [bloc for bloc in headers if bloc.tag == f"{{{WSSE}}}Security"]
    tokens = [child for one in securities for child in one if child.tag == f"{{{WSSE}}}UsernameToken"]
    if not tokens:
        raise faute("AUTH_ABSENTE")
    if len(securities) > 1 or len(tokens) > 1:
        raise faute("AUTH_FORME")
    token = tokens[0]
    password = _child(token, f"{{{WSSE}}}Password")
    if password.get("Type") != DIGEST_TYPE:
        raise faute("AUTH_MOT_DE_PASSE_CLAIR")
    created = _text(_child(token, f"{{{WSU}}}Created"))
    return UsernameToken(
        utilisateur=_text(_child(token, f"{{{WSSE}}}Username")),
        condensat=_octets(password),
        nonce=_octets(_child(token, f"{{{WSSE}}}Nonce")),
        created=created,
        cree_le=read_instant(created),
    )


def read_instant(written: str) -> dt.datetime:
    """An instant with its offset. Raises Faute AUTH_FORME."""
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError:
        raise faute("AUTH_FORME") from None
    if moment.tzinfo is None:
        raise faute("AUTH_FORME")
    return moment


def _child(token: etree._Element, tag: str) -> etree._Element:
    found = [child for child in token if child.tag == tag]
    if len(found) != 1:
        raise faute("AUTH_FORME")
    return found[0]


def _text(element: etree._Element) -> str:
    text = (element.text or "").strip()
    if not text or len(element) or len(text) > 200:
        raise faute("AUTH_FORME")
    return text


def _octets(element: etree._Element) -> bytes:
    try:
        octets = base64.b64decode(_text(element), validate=True)
    except (binascii.Error, ValueError):
        raise faute("AUTH_FORME") from None
    if not 0 < len(octets) <= NONCE_MAX:
        raise faute("AUTH_FORME")
    return octets
