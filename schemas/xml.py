"""The only XML parser and serialiser of the project.

Input is outside text: no DTD, no entity, no network, no comment or processing instruction left in (without that,
`12<!-- -->34` reads as 12), and bounds on size, depth and number of elements (docs/design/wire.md).
"""

from __future__ import annotations

from functools import cache
from typing import cast

from lxml import etree

MAX_BYTES = 2 * 1024 * 1024
"""A message without documents is some 5 kB; lxml holds about 30 bytes of tree per byte of body."""
MAX_BYTES_PIECES = 15 * 1024 * 1024
"""A message that carries documents (three scanned pages in base64)."""
MAX_DEPTH = 64
"""Our deepest message has 9 levels; a signed one some 12."""
MAX_ELEMENTS = 80_000
"""A lot of 500 invoices of 6 lines stays below."""
ENCODINGS = frozenset(
    {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252"}
)


class XmlInvalide(ValueError):
    """The bytes are not XML that we read. `regle` is a stable id, the text is French and quotes no content."""

    def __init__(self, regle: str, detail: str) -> None:
        super().__init__(detail)
        self.regle = regle
        self.detail = detail


def parse(octets: bytes, charset: str | None = None, limite: int = MAX_BYTES) -> etree._Element:
    """The root element. `charset` is the media type's, for a document that declares none. Raises XmlInvalide."""
    if not octets or octets.isspace():
        raise XmlInvalide("XML_VIDE", "le corps de la requête est vide")
    if len(octets) > limite:
        raise XmlInvalide("XML_TAILLE", f"le message dépasse {limite} octets")
    if charset is not None and charset.upper() not in ENCODINGS:
        raise XmlInvalide("XML_ENCODAGE", "encodage de caractères non accepté : utilisez UTF-8")
    root = _parse(octets, charset)
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise XmlInvalide("XML_DTD", "une déclaration DOCTYPE est interdite")
    if (info.encoding or "UTF-8").upper() not in ENCODINGS:
        raise XmlInvalide("XML_ENCODAGE", "encodage de caractères non accepté : utilisez UTF-8")
    _check_shape(root, octets)
    return root


@cache
def _parser(declared: str | None) -> etree.XMLParser[etree._Element]:
    """Parsers hold no state between documents; there are as many as ENCODINGS."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding=declared,
    )


def _parse(octets: bytes, charset: str | None) -> etree._Element:
    declared = charset.upper() if charset and octets.lstrip()[:5] != b"<?xml" else None
    try:
        return etree.fromstring(octets, _parser(declared))
    except (etree.XMLSyntaxError, LookupError, ValueError) as erreur:
        if b"<!DOCTYPE" in octets or b"<!ENTITY" in octets:
            raise XmlInvalide("XML_DTD", "une déclaration DOCTYPE est interdite") from None
        if getattr(erreur, "code", None) == _RESOURCE_LIMIT:
            raise _too_much(str(erreur)) from None
        ligne = getattr(erreur, "lineno", None)
        place = f" (ligne {ligne})" if ligne else ""
        raise XmlInvalide("XML_MALFORME", f"le corps n'est pas du XML bien formé{place}") from None


_RESOURCE_LIMIT = 114
"""libxml2's XML_ERR_RESOURCE_LIMIT: 256 levels, or one text above 10 000 000 bytes (a document of 7.5 MB inline)."""


def _too_much(message: str) -> XmlInvalide:
    if "depth" in message:
        return XmlInvalide("XML_PROFONDEUR", f"plus de {MAX_DEPTH} éléments imbriqués")
    return XmlInvalide("XML_TAILLE", "un seul texte dépasse 10 000 000 octets : envoyez ce document à part, en MTOM")


def _deeper_than(levels: int) -> etree.XPath:
    return etree.XPath("boolean(" + "/*" * (levels + 1) + ")")


_DEEP, _TOO_DEEP = _deeper_than(16), _deeper_than(MAX_DEPTH)
"""Nearly every message is answered by the first, which is quicker."""
_COUNT = etree.XPath("count(//*)")


def _check_shape(root: etree._Element, octets: bytes) -> None:
    """Depth and number of elements, counted by libxml2 and without recursion."""
    if _DEEP(root) and _TOO_DEEP(root):
        raise XmlInvalide("XML_PROFONDEUR", f"plus de {MAX_DEPTH} éléments imbriqués")
    # each element has a '<' of its own, and that byte is in it in every encoding that we read
    if octets.count(b"<") > MAX_ELEMENTS and cast(float, _COUNT(root)) > MAX_ELEMENTS:
        raise XmlInvalide("XML_ELEMENTS", f"plus de {MAX_ELEMENTS} éléments")


def serialise(root: etree._Element) -> bytes:
    """UTF-8 with its declaration, no indentation: what is signed must not be re-indented."""
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
"""What `serialise` starts with, for a document that is written as text."""


def parse_own(octets: bytes) -> etree._Element:
    """The root of what this program has just written. AssertionError: it is not well-formed, a defect of ours."""
    try:
        return etree.fromstring(octets, _parser(None))
    except etree.XMLSyntaxError as erreur:
        raise AssertionError(f"our own answer is not well-formed (line {erreur.lineno})") from None


def xpath_of(element: etree._Element, prefixe: str = "") -> str:
    """Where an element stands, in local names ('/Envelope/Body/DemanderPriseEnCharge/carte'), for a fault's detail.

    A repeated element carries its rank ('ligne[2]'). `prefixe` stands before a fragment that was taken out of its tree.
    """
    return prefixe + "".join(f"/{_step(e)}" for e in reversed((element, *element.iterancestors())))


def _step(element: etree._Element) -> str:
    nom = local_name(element)
    parent = element.getparent()
    jumeaux = [] if parent is None else [child for child in parent if child.tag == element.tag]
    return f"{nom}[{jumeaux.index(element) + 1}]" if len(jumeaux) > 1 else nom


def tag_of(element: etree._Element) -> str:
    """Its qualified name as text (comments and processing instructions never get here)."""
    return str(element.tag)


def local_name(element: etree._Element) -> str:
    """'carte' of '{urn:...}carte'."""
    return str(element.tag).rpartition("}")[2]
