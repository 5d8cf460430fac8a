"""What an XSD asks of each element: its children in order, which are mandatory, and the facets of its text.

Only the XSD features that this project's contracts use (the dialects' contract test keeps it so); read with lxml and
nothing of ours, so that a table made from it does not repeat a mistake of the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Champ:
    """A child as declared. `type`: a name of `Shape`, 'xs:...' for a built-in one."""

    nom: str
    type: str
    obligatoire: bool


@dataclass(frozen=True, slots=True)
class Texte:
    """A simple type: its built-in base and its facets, by their XSD name ('pattern', 'maxLength', ...)."""

    base: str
    facettes: dict[str, list[str]] = field(default_factory=dict)

    def premiere(self, facette: str) -> str | None:
        return self.facettes.get(facette, [None])[0]


class Shape:
    """Types of several XSD by qualified name; a global element of anonymous type has its own name as type."""

    def __init__(self, schemas: Iterable[bytes]) -> None:
        self.enfants: dict[str, tuple[Champ, ...]] = {}
        self._textes: dict[str, Texte] = {}
        self._globaux: dict[str, str] = {}
        for octets in schemas:
            root = etree.fromstring(octets)
            for declare in root:
                self._take(root, declare)

    def _take(self, root: etree._Element, declare: etree._Element) -> None:
        nom = f"{{{root.get('targetNamespace')}}}{declare.get('name')}"
        if declare.tag == f"{XS}element":
            self._globaux[nom] = _type(declare) or nom
        restriction = declare.find(f"{XS}restriction")
        if restriction is not None:
            facettes: dict[str, list[str]] = {}
            for facette in restriction.iterchildren("{*}*"):
                if facette.get("value") is not None:
                    facettes.setdefault(etree.QName(facette).localname, []).append(str(facette.get("value")))
            self._textes[nom] = Texte(str(restriction.get("base")), facettes)
        elif declare.tag in (f"{XS}element", f"{XS}complexType"):
            locaux = (e for e in declare.iter(f"{XS}element") if e is not declare)
            self.enfants[nom] = tuple(Champ(str(e.get("name")), _type(e), e.get("minOccurs") != "0") for e in locaux)

    def texte(self, type_: str) -> Texte | None:
        """The simple type of that name, None for a complex one."""
        return Texte(type_) if type_.startswith("xs:") else self._textes.get(type_)

    def of(self, element: etree._Element) -> str:
        """The type of a global element."""
        return self._globaux[str(element.tag)]

    def reachable(self, type_: str) -> Iterator[tuple[str, Champ]]:
        """(owner, field) of every field below a type, once each."""
        vus: set[str] = set()
        attente = [type_]
        while attente:
            owner = attente.pop()
            if owner in vus:
                continue
            vus.add(owner)
            for champ in self.enfants.get(owner, ()):
                yield owner, champ
                attente.append(champ.type)


def _type(element: etree._Element) -> str:
    valeur = element.get("type")
    if not valeur:
        return ""
    prefixe, _, nom = valeur.rpartition(":")
    espace = element.nsmap.get(prefixe or None)
    return f"xs:{nom}" if espace == XS[1:-1] else f"{{{espace}}}{nom}"
