"""From the bytes of an HTTP message to one XML document: media type, charset, and multipart/related (MTOM) made plain.

MTOM parts are put inline as base64, so that whatever follows sees one kind of message (RFC 2387; XOP 1.0).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from functools import lru_cache
from urllib.parse import unquote

from lxml import etree

from tierspayant.schemas import xml
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.wire import Headers, header

XOP = "{http://www.w3.org/2004/08/xop/include}Include"
XML_TYPES = frozenset({"text/xml", "application/soap+xml", "application/xml"})
MAX_PARTS = 32
"""A message carries three documents; more parts than this is not one of ours."""


@dataclass(frozen=True, slots=True)
class Document:
    root: etree._Element
    multipart: bool


@lru_cache(maxsize=64)
def media_type(content_type: str) -> Message:
    """A Content-Type, parsed by the standard library: `get_content_type()`, `get_param(name)`. Not to be changed."""
    message = Message()
    message["content-type"] = content_type
    return message


def document(headers: Headers, body: bytes, limite: int) -> Document:
    """The XML document of a message, its MTOM parts inline. Raises Faute TEC05 or xml.XmlInvalide."""
    content_type = header(headers, "content-type") or "text/xml"
    if header(headers, "content-encoding") not in (None, "", "identity"):
        raise _media(
            "HTTP_CONTENT_ENCODING", "un corps compressé n'est pas accepté", "a compressed body is not accepted"
        )
    kind, charset = _kind_and_charset(content_type)
    if kind == "multipart/related":
        if len(body) > limite:
            raise xml.XmlInvalide("XML_TAILLE", f"le message dépasse {limite} octets")
        return Document(_inline(media_type(content_type), body, limite), multipart=True)
    if kind not in XML_TYPES:
        raise _media("HTTP_MEDIA_TYPE", "le type de contenu n'est pas du XML", "the content type is not XML")
    return Document(xml.parse(body, charset, limite), multipart=False)


@lru_cache(maxsize=64)
def _kind_and_charset(content_type: str) -> tuple[str, str | None]:
    """Taken apart once: the same few media types come with every message."""
    media = media_type(content_type)
    return media.get_content_type(), _charset(media)


def _charset(media: Message) -> str | None:
    valeur = media.get_param("charset")
    return valeur if isinstance(valeur, str) and valeur else None


def _media(regle: str, francais: str, anglais: str) -> Faute:
    return Faute(Cote.CLIENT, "TEC05", regle, francais, anglais, statut=415)


def _inline(media: Message, body: bytes, limite: int) -> etree._Element:
    """The root part, each xop:Include replaced by its part in base64."""
    parts = _parts(media, body)
    start = media.get_param("start")
    root_id = start.strip("<>") if isinstance(start, str) else next(iter(parts))
    if root_id not in parts:
        raise _multipart()
    octets, charset = parts.pop(root_id)
    root = xml.parse(octets, charset, limite)
    for include in list(root.iter(XOP)):
        parent = include.getparent()
        part = parts.get(unquote(str(include.get("href", "")).removeprefix("cid:")))
        if parent is None or part is None or len(parent) != 1:
            raise _multipart()
        parent.remove(include)
        parent.text = base64.b64encode(part[0]).decode("ascii")
    return root


def _parts(media: Message, body: bytes) -> dict[str, tuple[bytes, str | None]]:
    """Content-Id -> (bytes, charset) in order; a part without Content-Id gets its rank. Raises Faute."""
    entete = b"Content-Type: " + str(media["content-type"]).encode("utf-8", "replace").replace(b"\n", b" ").replace(
        b"\r", b" "
    )
    message = BytesParser(policy=policy.compat32).parsebytes(entete + b"\r\nMIME-Version: 1.0\r\n\r\n" + body)
    contenu = message.get_payload()
    if not isinstance(contenu, list) or not 1 <= len(contenu) <= MAX_PARTS:
        raise _multipart()
    parts: dict[str, tuple[bytes, str | None]] = {}
    for rang, part in enumerate(contenu):
        assert isinstance(part, Message)
        octets = part.get_payload(decode=True)
        if not isinstance(octets, bytes):
            raise _multipart()
        parts[str(part["content-id"] or rang).strip().strip("<>")] = (octets, _charset(part))
    return parts


def _multipart() -> Faute:
    return _media(
        "HTTP_MULTIPART", "le message multipart/related est mal formé", "the multipart/related message is malformed"
    )
