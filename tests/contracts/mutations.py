"""Ways to spoil a message: tables of known ones with the rule each breaks, and a hypothesis strategy of any others."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import strategies as st
from lxml import etree

from tierspayant.schemas import xml
from tierspayant.schemas.soap import SOAP11, SOAP12, SoapVersion
from tierspayant.schemas.wire import HttpRequest

Change = Callable[[bytes], bytes]

NOT_A_MESSAGE = [
    pytest.param("XML_VIDE", b"", id="empty"),
    pytest.param("XML_VIDE", b" \r\n ", id="blank"),
    pytest.param("XML_MALFORME", b"hello", id="hello"),
    pytest.param("XML_MALFORME", b"<a><b></a>", id="unbalanced"),
    pytest.param("XML_MALFORME", b"\x00\x01\x02", id="binary"),
    pytest.param("XML_DTD", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', id="entity"),
    pytest.param("XML_DTD", b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', id="external"),
    pytest.param(
        "XML_DTD",
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;"><!ENTITY d "&c;&c;&c;">]><a>&d;</a>',
        id="bomb",
    ),
    pytest.param("XML_PROFONDEUR", b"<a>" * 200 + b"</a>" * 200, id="depth"),
    pytest.param("XML_PROFONDEUR", b"<a>" * 3000, id="more-depth"),
    pytest.param("XML_ELEMENTS", b"<a>" + b"<b/>" * xml.MAX_ELEMENTS + b"</a>", id="elements"),
    pytest.param("XML_ENCODAGE", b'<?xml version="1.0" encoding="ISO-8859-5"?><a/>', id="charset"),
    pytest.param("XML_TAILLE", b"<a>" + b" " * (16 * 1024 * 1024) + b"</a>", id="size"),
    pytest.param("SOAP_ENVELOPPE", b"<a/>", id="not-soap"),
    pytest.param("SOAP_STRUCTURE", f'<e:Envelope xmlns:e="{SOAP11}"/>'.encode(), id="no-body"),
    pytest.param("SOAP_CORPS", f'<e:Envelope xmlns:e="{SOAP12}"><e:Body/></e:Envelope>'.encode(), id="empty-body"),
    pytest.param(
        "SOAP_CORPS", f'<e:Envelope xmlns:e="{SOAP11}"><e:Body>hello</e:Body></e:Envelope>'.encode(), id="hello-body"
    ),
    pytest.param(
        "OPERATION_INCONNUE",
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><autre/></e:Body></e:Envelope>'.encode(),
        id="unknown",
    ),
]


def _tree(change: Callable[[etree._Element], None]) -> Change:
    def apply(body: bytes) -> bytes:
        root = etree.fromstring(body)
        change(root)
        return etree.tostring(root)

    return apply


def _no_header(root: etree._Element) -> None:
    root.remove(root[0])


def _two_headers(root: etree._Element) -> None:
    root[0].append(etree.fromstring(etree.tostring(root[0][0])))


def _two_calls(root: etree._Element) -> None:
    root[-1].append(etree.fromstring(etree.tostring(root[-1][0])))


def _two_bodies(root: etree._Element) -> None:
    root.append(etree.fromstring(etree.tostring(root[-1])))


def _other_namespace(root: etree._Element) -> None:
    root[-1][0].tag = "{urn:example:autre}" + etree.QName(root[-1][0]).localname


def _must_understand(root: etree._Element) -> None:
    bloc = etree.SubElement(root[0], "{urn:example:autre}Inconnu")
    bloc.set(f"{{{etree.QName(root).namespace}}}mustUnderstand", "1")


def _extra_field(root: etree._Element) -> None:
    etree.SubElement(root[0][0], "{urn:example:autre}deTrop").text = "1"


def _extra_attribute(root: etree._Element) -> None:
    root[0][0][0].set("deTrop", "1")


def _nil_field(root: etree._Element) -> None:
    root[0][0][0].set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")


def _no_message_id(root: etree._Element) -> None:
    root[0][0].remove(root[0][0][0])


def _swapped_header(root: etree._Element) -> None:
    root[0][0].append(root[0][0][0])


def _text_in_header(root: etree._Element) -> None:
    root[0][0].text = "hello"


ENVELOPE = [
    pytest.param("CHAMP_MANQUANT", _tree(_no_header), id="no-header"),
    pytest.param("CHAMP_REPETE", _tree(_two_headers), id="two-headers"),
    pytest.param("SOAP_CORPS", _tree(_two_calls), id="two-calls"),
    pytest.param("SOAP_STRUCTURE", _tree(_two_bodies), id="two-bodies"),
    pytest.param("ESPACE_DE_NOMS", _tree(_other_namespace), id="other-namespace"),
    pytest.param("SOAP_MUST_UNDERSTAND", _tree(_must_understand), id="must-understand"),
    pytest.param("CHAMP_INCONNU", _tree(_extra_field), id="extra-field"),
    pytest.param("ATTRIBUT_INCONNU", _tree(_extra_attribute), id="extra-attribute"),
    pytest.param("CHAMP_NUL", _tree(_nil_field), id="nil"),
    pytest.param("CHAMP_MANQUANT", _tree(_no_message_id), id="no-message-id"),
    pytest.param("ORDRE", _tree(_swapped_header), id="order"),
    pytest.param("CONTENU", _tree(_text_in_header), id="text-among-elements"),
]

HEADER_ENDS = (b"</soap:Header>", b"</s:Header>", b"</env:Header>", b"</soapenv:Header>")


class Wrapping(Protocol):
    """Says the same message in other bytes."""

    def __call__(self, requete: HttpRequest, version: SoapVersion) -> HttpRequest: ...


def _again(requete: HttpRequest, mediatype: str, body: bytes) -> HttpRequest:
    return HttpRequest(requete.method, requete.path, (("content-type", mediatype),), body)


def _bare(body: bytes) -> str:
    """The document without its XML declaration."""
    return etree.tostring(etree.fromstring(body), encoding="unicode")


def _media(version: SoapVersion) -> str:
    return version.content_type.partition(";")[0]


def bom(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    return _again(requete, _media(version), b"\xef\xbb\xbf" + requete.body)


def utf16(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    return _again(requete, f"{_media(version)}; charset=utf-16", _bare(requete.body).encode("utf-16"))


def latin1(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    return _again(requete, f'{_media(version)};charset="ISO-8859-1"', _bare(requete.body).encode("iso-8859-1"))


def no_charset(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    return _again(requete, _media(version), _bare(requete.body).encode())


def typed(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    """xsi:type on a field, as SOAP::Lite and Axis write it."""
    root = etree.fromstring(requete.body)
    for element in root[-1][0].iter():
        element.set("{http://www.w3.org/2001/XMLSchema-instance}type", "xsd:string")
    return _again(requete, version.content_type, etree.tostring(root))


def must_understand(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    root = etree.fromstring(requete.body)
    root[0][0].set(f"{{{version.namespace}}}mustUnderstand", "true")
    return _again(requete, version.content_type, etree.tostring(root))


def multipart(requete: HttpRequest, version: SoapVersion) -> HttpRequest:
    """MTOM: every base64 content of a document goes to a part of its own."""
    root = etree.fromstring(requete.body)
    parts = []
    for rang, element in enumerate(root.iter("{*}contenu", "{*}contenuPiece", "{*}donnees")):
        parts.append((f"piece{rang}@exemple", base64.b64decode(element.text or "")))
        element.text = None
        etree.SubElement(element, "{http://www.w3.org/2004/08/xop/include}Include", href=f"cid:piece{rang}%40exemple")
    lignes = [
        b"--limite\r\nContent-Type: application/xop+xml; charset=utf-8\r\nContent-ID: <racine>\r\n\r\n",
        etree.tostring(root),
    ]
    for cid, octets in parts:
        tete = f"\r\n--limite\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>\r\n\r\n"
        lignes += [tete.encode(), octets]
    body = b"".join([*lignes, b"\r\n--limite--\r\n"])
    return _again(requete, 'multipart/related; type="application/xop+xml"; start="<racine>"; boundary=limite', body)


MEDIA_TYPES = [bom, utf16, latin1, no_charset, typed, must_understand, multipart]


def texts(body: bytes) -> list[str]:
    """Every text of a document that is long enough to be told from the words of a sentence."""
    try:
        root = etree.fromstring(body)
    except etree.XMLSyntaxError:
        return []
    tous = {(e.text or "").strip() for e in root.iter() if isinstance(e.tag, str)}
    return sorted(texte for texte in tous if len(texte) > 3)


# ------------------------------------------------------------------------------------------------- any other way


@st.composite
def spoilt(draw: st.DrawFn, body: bytes) -> bytes:
    """The message with its bytes or its tree changed anyhow."""
    return draw(st.one_of(_bytes_changed(body), _tree_changed(body)))


@st.composite
def _bytes_changed(draw: st.DrawFn, body: bytes) -> bytes:
    debut, fin = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
    fin = min(fin, debut + draw(st.sampled_from([0, 1, 10, len(body)])))
    morceau = draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"<", b"&", b"<!--", b"]]>", b"&#0;", b"\xff"])))
    return body[:debut] + morceau + body[fin:]


@st.composite
def _tree_changed(draw: st.DrawFn, body: bytes) -> bytes:
    root = etree.fromstring(body)
    hasard = random.Random(draw(st.integers(0, 2**32)))
    elements = [e for e in root.iter() if isinstance(e.tag, str) and e.getparent() is not None]
    un, autre = hasard.choice(elements), hasard.choice(elements)
    valeur = draw(st.one_of(_VALUES, st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")))))
    draw(st.sampled_from([_drop, _double, _rename, _move, _write, _attribute]))(un, autre, valeur)
    return etree.tostring(root)


_VALUES = st.sampled_from(
    [
        *("", " ", "0", "-1", "1.234", "NaN", "INF", "1e3", "2024-02-30", "2024-01-31Z", "0000-00-00", "9" * 400),
        *(
            "2024-01-31T24:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "true",
            "\u0661\u0662",
            "'",
            '"',
            "}",
            "{",
            "%s",
            "\ufffd",
        ),
    ]
)


def _drop(un: etree._Element, autre: etree._Element, valeur: str) -> None:
    parent = un.getparent()
    if parent is not None:
        parent.remove(un)


def _double(un: etree._Element, autre: etree._Element, valeur: str) -> None:
    un.addnext(etree.fromstring(etree.tostring(un, with_tail=False)))


def _rename(un: etree._Element, autre: etree._Element, valeur: str) -> None:
    un.tag = autre.tag


def _move(un: etree._Element, autre: etree._Element, valeur: str) -> None:
    if un not in autre.iterancestors() and un is not autre:
        autre.append(un)


def _write(un: etree._Element, autre: etree._Element, valeur: str) -> None:
    un.text = valeur


def _attribute(un: etree._Element, autre: etree._Element, valeur: str) -> None:
    un.set("{http://www.w3.org/2001/XMLSchema-instance}type" if len(valeur) % 2 else "a", valeur)
