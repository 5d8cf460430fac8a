"""Which elements an XSD declares, and which a set of documents uses. Only the XSD features that wire.md allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"
DOC = f"{XS}annotation/{XS}documentation"
PORTABLE = frozenset(
    {"schema", "import", "annotation", "documentation", "element", "complexType", "simpleType", "sequence"}
    | {"restriction", "enumeration", "pattern", "minLength", "maxLength", "length", "fractionDigits", "totalDigits"}
    | {"minInclusive", "maxInclusive"}
)
PORTABLE_TYPES = frozenset(
    f"xs:{nom}" for nom in ("string", "decimal", "int", "long", "date", "dateTime", "boolean", "base64Binary")
)
"""What a dozen SOAP stacks read alike (docs/design/wire.md, rule 6)."""
Declared = tuple[str, str]


class Declarations:
    """Elements as (owner, name): the owner is a global element or a named type, '' for a global element itself."""

    def __init__(self, schemas: Iterable[bytes]) -> None:
        self._enfants: dict[str, dict[str, str]] = {}
        self._globaux: dict[str, str] = {}
        for octets in schemas:
            root = etree.fromstring(octets)
            for declare in root:
                self._take(root, declare)

    def _take(self, root: etree._Element, declare: etree._Element) -> None:
        nom = f"{{{root.get('targetNamespace')}}}{declare.get('name')}"
        if declare.tag == f"{XS}element":
            self._globaux[nom] = _qname(declare, declare.get("type")) or nom
        if declare.tag in (f"{XS}element", f"{XS}complexType"):
            champs = {str(e.get("name")): _qname(e, e.get("type")) for e in _locals(declare)}
            if champs:
                self._enfants[nom] = champs

    def elements(self) -> set[Declared]:
        locaux = {(owner, nom) for owner, champs in self._enfants.items() for nom in champs}
        return locaux | {("", nom) for nom in self._globaux}

    def used_by(self, documents: Iterable[etree._Element]) -> set[Declared]:
        vus: set[Declared] = set()
        for document in documents:
            for element in document.iter():
                if element.tag in self._globaux:
                    vus.add(("", str(element.tag)))
                    self._walk(element, self._globaux[str(element.tag)], vus)
        return vus

    def _walk(self, element: etree._Element, owner: str, vus: set[Declared]) -> None:
        champs = self._enfants.get(owner, {})
        for enfant in element:
            nom = etree.QName(enfant).localname
            if nom in champs:
                vus.add((owner, nom))
                self._walk(enfant, champs[nom], vus)


def _locals(declare: etree._Element) -> Iterator[etree._Element]:
    return (e for e in declare.iter(f"{XS}element") if e is not declare)


def _qname(element: etree._Element, valeur: str | None) -> str:
    if not valeur:
        return ""
    prefixe, _, nom = valeur.rpartition(":")
    return f"{{{element.nsmap.get(prefixe or None)}}}{nom}"
