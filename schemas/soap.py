"""SOAP 1.1 and 1.2 envelopes: taken apart, put together, and faults. Both versions everywhere (wire.md, rule 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from tierspayant.schemas.ecriture import bloc, champ, echappe, racine
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.wire import Headers
from tierspayant.schemas.xml import DECLARATION

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


_ENVELOPES = {f"{{{version.namespace}}}Envelope": version for version in SoapVersion}
_PARTS = {
    version: ([f"{{{version.namespace}}}Body"], [f"{{{version.namespace}}}{nom}" for nom in ("Header", "Body")])
    for version in SoapVersion
}
_MESSAGE_ID = f"{{{WSA}}}MessageID"


def open_envelope(root: etree._Element, understood: frozenset[str]) -> Envelope:
    """Take an envelope apart. `understood`: qualified names of the dialect's own header blocks. Raises Faute."""
    version = _ENVELOPES.get(str(root.tag))
    if version is None:
        raise _client(
            "SOAP_ENVELOPPE",
            "le corps n'est pas une enveloppe SOAP 1.1 ou 1.2",
            "the body is not a SOAP 1.1 or 1.2 envelope",
        )
    if [child.tag for child in root] not in _PARTS[version]:
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
    _check_understood(headers, version, understood)
    message_id = next((block.text for block in headers if block.tag == _MESSAGE_ID), None)
    return Envelope(version, root, headers, body[0], message_id)


def _check_understood(headers: tuple[etree._Element, ...], version: SoapVersion, understood: frozenset[str]) -> None:
    must = f"{{{version.namespace}}}mustUnderstand"
    for block in headers:
        if block.get(must) in ("1", "true") and block.tag not in understood and block.tag not in UNDERSTOOD:
            raise _client(
                "SOAP_MUST_UNDERSTAND",
                "en-tête obligatoire inconnu",
                "unknown mandatory header block",
                f"/Envelope/Header/{etree.QName(block).localname}",
            )


SOAP_ATTRIBUTES = ("mustUnderstand", "actor", "role", "relay", "encodingStyle")


def without_soap_attributes(block: etree._Element, version: SoapVersion) -> etree._Element:
    """A copy of a header block as its XSD sees it: SOAP's own attributes and foreign ones of WS-Utility removed."""
    copy = etree.fromstring(etree.tostring(block, with_tail=False))
    for name in SOAP_ATTRIBUTES:
        copy.attrib.pop(f"{{{version.namespace}}}{name}", None)
    copy.attrib.pop(f"{{{WSU}}}Id", None)
    return copy


def envelope(version: SoapVersion, headers: str, body: bytes) -> bytes:
    """An envelope around header blocks and one body element that are written already."""
    header = f"<soap:Header>{headers}</soap:Header>" if headers else ""
    head = f'<soap:Envelope xmlns:soap="{version.namespace}">{header}<soap:Body>'
    return b"%s%s%s</soap:Body></soap:Envelope>" % (DECLARATION, head.encode(), body)


def relates_to(message_id: str | None) -> str:
    """The header block that names the message answered; nothing for one without an id."""
    return "" if not message_id else racine("wsa:RelatesTo", {"wsa": WSA}, echappe(message_id))


def fault(version: SoapVersion, faute: Faute, detail: bytes, message_id: str | None = None) -> bytes:
    """An envelope that carries a fault: qualified code, French reason, typed detail (written already)."""
    code, told = f"soap:{_fault_code(version, faute)}", detail.decode()
    if version is SoapVersion.V11:
        said = (champ("faultcode", code), champ("faultstring", faute.francais), bloc("detail", told))
    else:
        # One Text: with a second one gSOAP loses the whole fault, and Mono shows the last. English is in the detail.
        text = f'<soap:Text xml:lang="fr">{echappe(faute.francais)}</soap:Text>'
        said = (
            bloc("soap:Code", champ("soap:Value", code)),
            bloc("soap:Reason", text),
            bloc("soap:Detail", told),
        )
    return envelope(version, relates_to(message_id), bloc("soap:Fault", *said).encode())


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
