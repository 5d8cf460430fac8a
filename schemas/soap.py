"""SOAP 1.1 and 1.2 envelopes: taken apart, put together, and faults. Both versions everywhere (wire.md, rule 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.wire import Headers

WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"


class SoapVersion(StrEnum):
    V11 = "1.1"
    V12 = "1.2"

    @property
    def namespace(self) -> str:
        return SOAP11 if self is SoapVersion.V11 else SOAP12

    @property
    def content_type(self) -> str:
        return "text/xml; charset=utf-8" if self is SoapVersion.V11 else "application/soap+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Envelope:
    """`body` is the single element of the Body; `headers` the Header's children in order."""

    version: SoapVersion
    root: etree._Element
    headers: tuple[etree._Element, ...]
    body: etree._Element
    message_id: str | None


UNDERSTOOD = frozenset(
    {
        f"{{{WSSE}}}Security",
        *(f"{{{WSA}}}{nom}" for nom in ("Action", "To", "MessageID", "ReplyTo", "From", "FaultTo", "RelatesTo")),
    }
)
"""Header blocks read whatever the dialect; a dialect adds its own business header."""


def _client(regle: str, francais: str, anglais: str, xpath: str | None = None) -> Faute:
    return Faute(Cote.CLIENT, "TEC05", regle, francais, anglais, xpath=xpath)


def open_envelope(root: etree._Element, understood: frozenset[str]) -> Envelope:
    """Take an envelope apart. `understood`: qualified names of the dialect's own header blocks. Raises Faute."""
    try:
        version = next(v for v in SoapVersion if root.tag == f"{{{v.namespace}}}Envelope")
    except StopIteration:
        raise _client(
            "SOAP_ENVELOPPE",
            "le corps n'est pas une enveloppe SOAP 1.1 ou 1.2",
            "the body is not a SOAP 1.1 or 1.2 envelope",
        ) from None
    ns = version.namespace
    parts = [etree.QName(child).localname for child in root if str(child.tag).startswith(f"{{{ns}}}")]
    if len(parts) != len(root) or parts not in (["Body"], ["Header", "Body"]):
        raise _client(
            "SOAP_STRUCTURE",
            "une enveloppe contient au plus un Header puis exactement un Body",
            "an Envelope holds at most one Header, then exactly one Body",
            "/Envelope",
        )
    body = root[-1]
    if len(body) != 1 or (body.text or "").strip():
        raise _client(
            "SOAP_CORPS",
            "le Body contient exactement un élément",
            "the Body holds exactly one element",
            "/Envelope/Body",
        )
    headers = tuple(root[0]) if len(root) == 2 else ()
    known = understood | UNDERSTOOD
    for block in headers:
        if block.get(f"{{{ns}}}mustUnderstand") in ("1", "true") and block.tag not in known:
            raise _client(
                "SOAP_MUST_UNDERSTAND",
                "en-tête obligatoire inconnu",
                "unknown mandatory header block",
                f"/Envelope/Header/{etree.QName(block).localname}",
            )
    message_id = next((block.text for block in headers if block.tag == f"{{{WSA}}}MessageID"), None)
    return Envelope(version, root, headers, body[0], message_id)


SOAP_ATTRIBUTES = ("mustUnderstand", "actor", "role", "relay", "encodingStyle")


def without_soap_attributes(block: etree._Element, version: SoapVersion) -> etree._Element:
    """A copy of a header block as its XSD sees it: SOAP's own attributes and foreign ones of WS-Utility removed."""
    copy = etree.fromstring(etree.tostring(block, with_tail=False))
    for name in SOAP_ATTRIBUTES:
        copy.attrib.pop(f"{{{version.namespace}}}{name}", None)
    copy.attrib.pop(f"{{{WSU}}}Id", None)
    return copy


def envelope(version: SoapVersion, headers: tuple[etree._Element, ...], body: etree._Element) -> etree._Element:
    """An envelope around one body element."""
    ns = version.namespace
    root = etree.Element(f"{{{ns}}}Envelope", nsmap={"soap": ns})
    if headers:
        header = etree.SubElement(root, f"{{{ns}}}Header")
        header.extend(headers)
    etree.SubElement(root, f"{{{ns}}}Body").append(body)
    return root


def relates_to(message_id: str) -> etree._Element:
    block = etree.Element(f"{{{WSA}}}RelatesTo", nsmap={"wsa": WSA})
    block.text = message_id
    return block


def fault(version: SoapVersion, faute: Faute, detail: etree._Element, message_id: str | None = None) -> etree._Element:
    """An envelope that carries a fault: qualified code, French reason, typed detail."""
    ns = version.namespace
    body = etree.Element(f"{{{ns}}}Fault", nsmap={"soap": ns})
    code = _fault_code(version, faute)
    if version is SoapVersion.V11:
        etree.SubElement(body, "faultcode").text = f"soap:{code}"
        etree.SubElement(body, "faultstring").text = faute.francais
        etree.SubElement(body, "detail").append(detail)
    else:
        etree.SubElement(etree.SubElement(body, f"{{{ns}}}Code"), f"{{{ns}}}Value").text = f"soap:{code}"
        reason = etree.SubElement(body, f"{{{ns}}}Reason")
        # One Text: with a second one gSOAP loses the whole fault, and Mono shows the last. English is in the detail.
        lang = {"{http://www.w3.org/XML/1998/namespace}lang": "fr"}
        etree.SubElement(reason, f"{{{ns}}}Text", lang).text = faute.francais
        etree.SubElement(body, f"{{{ns}}}Detail").append(detail)
    return envelope(version, (relates_to(message_id),) if message_id else (), body)


def _fault_code(version: SoapVersion, faute: Faute) -> str:
    if faute.regle == "SOAP_MUST_UNDERSTAND":
        return "MustUnderstand"
    ours = faute.cote in (Cote.SERVEUR, Cote.MAINTENANCE)
    if version is SoapVersion.V11:
        return "Server" if ours else "Client"
    return "Receiver" if ours else "Sender"


def version_of(headers: Headers, body: bytes) -> SoapVersion:
    """The version to answer a message in, even one that cannot be read: by its namespace, else by its media type."""
    head = body[:2000]
    if SOAP12.encode() in head:
        return SoapVersion.V12
    if SOAP11.encode() in head:
        return SoapVersion.V11
    media = next((valeur for cle, valeur in headers if cle.lower() == "content-type"), "")
    return SoapVersion.V12 if "application/soap+xml" in media.lower() else SoapVersion.V11
