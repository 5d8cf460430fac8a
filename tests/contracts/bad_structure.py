"""Families of bad messages whose structure is wrong: elements, order, namespaces, envelope, document, size."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from copy import deepcopy

from lxml import etree

from tests.contracts.bad_input import AUTRE, Cas, Question, changed, noeuds, written
from tierspayant.schemas import xml

GROS = 10 * 1024 * 1024
BOMBE = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>'


def extra(question: Question) -> Iterator[Cas]:
    """An element that the contract does not have, at each end of each block, ours or foreign; an attribute; a text."""
    for noeud in noeuds(question):
        if not question.shape.enfants.get(noeud.type):
            continue
        for nom, rang in itertools.product((f"{noeud.espace}deTrop", f"{AUTRE}deTrop"), (0, len(noeud.element))):

            def insert(ici: etree._Element, nom: str = nom, rang: int = rang) -> None:
                ici.insert(rang, etree.Element(nom))

            place = f"{noeud.xpath}/deTrop"
            yield Cas(f"{place} at {rang}", changed(noeud, insert), "CHAMP_INCONNU", (place,))
        attribute = changed(noeud, lambda ici: ici.set("deTrop", "1"))
        yield Cas(f"attribute at {noeud.xpath}", attribute, "ATTRIBUT_INCONNU", (noeud.xpath,))
        yield Cas(f"text in {noeud.xpath}", written(noeud, "bonjour"), "CONTENU", (noeud.xpath,))


def order(question: Question) -> Iterator[Cas]:
    """Two neighbours of different names change places."""
    for noeud in noeuds(question):
        for rang, (un, autre) in enumerate(itertools.pairwise(noeud.element)):
            seuls = all(len(noeud.element.findall(str(e.tag))) == 1 for e in (un, autre))
            if seuls:

                def swap(ici: etree._Element, rang: int = rang) -> None:
                    ici.insert(rang, ici[rang + 1])

                places = (xml.xpath_of(un), xml.xpath_of(autre))
                yield Cas(f"{places[1]} before {places[0]}", changed(noeud, swap), "ORDRE", places)


def namespaces(question: Question) -> Iterator[Cas]:
    """Each element of the body in another namespace."""
    corps = question.racine[-1][0]
    for noeud in noeuds(question):
        if noeud.element is corps or noeud.champ is not None:

            def rename(ici: etree._Element) -> None:
                ici.tag = AUTRE + xml.local_name(ici)

            seul = re.sub(r"\[\d+\]$", "", noeud.xpath)  # renamed, it has no twins any more
            yield Cas(f"{noeud.xpath} elsewhere", changed(noeud, rename), "ESPACE_DE_NOMS", (seul,))


def envelope(question: Question) -> Iterator[Cas]:
    """Empty body, two bodies, two calls, no header, two headers, an unknown header that must be understood."""
    ns = f"{{{question.version.namespace}}}"

    def add(place: int, element: etree._Element) -> Callable[[etree._Element], None]:
        return lambda ici: ici[place].append(deepcopy(element))

    def no_header(ici: etree._Element) -> None:
        ici.remove(ici[0])

    entete = f"/Envelope/Header/{xml.local_name(question.racine[0][0])}"
    yield Cas("empty body", _whole(question, lambda r: r[-1].clear()), "SOAP_CORPS", ("/Envelope/Body",))
    two = _whole(question, lambda r: r.append(deepcopy(r[-1])))
    yield Cas("two bodies", two, "SOAP_STRUCTURE", ("/Envelope",))
    yield Cas("two calls", _whole(question, add(-1, question.racine[-1][0])), "SOAP_CORPS", ("/Envelope/Body",))
    yield Cas("no header", _whole(question, no_header), "CHAMP_MANQUANT", (entete,))
    yield Cas("two headers", _whole(question, add(0, question.racine[0][0])), "CHAMP_REPETE", (entete,))
    for vrai in ("1", "true"):
        inconnu = etree.Element(f"{AUTRE}Inconnu")
        inconnu.set(f"{ns}mustUnderstand", vrai)
        place = ("/Envelope/Header/Inconnu",)
        yield Cas(f"mustUnderstand={vrai}", _whole(question, add(0, inconnu)), "SOAP_MUST_UNDERSTAND", place)
    elsewhere = question.body.replace(question.version.namespace.encode(), b"urn:example:enveloppe")
    yield Cas("another envelope", elsewhere, "SOAP_ENVELOPPE")


def _whole(question: Question, change: Callable[[etree._Element], object]) -> bytes:
    copie = deepcopy(question.racine)
    change(copie)
    return etree.tostring(copie)


def documents(question: Question) -> Iterator[Cas]:
    """DTD, entity bomb, external entity, 200 levels, and not XML at all."""
    texte = question.body.decode()
    bombe = texte.replace("</", "&d;</", 1)
    yield Cas("DTD", f"<!DOCTYPE a>{texte}".encode(), "XML_DTD")
    yield Cas("entity bomb", (BOMBE + bombe).encode(), "XML_DTD")
    externe = '<!DOCTYPE a [<!ENTITY d SYSTEM "file:///etc/hostname">]>'
    yield Cas("external entity", (externe + bombe).encode(), "XML_DTD")

    def deep(ici: etree._Element) -> None:
        for _ in range(200):
            ici = etree.SubElement(ici, "a")

    yield Cas("200 levels", changed(question.corps, deep), "XML_PROFONDEUR")
    yield Cas("nothing", b"", "XML_VIDE")
    yield Cas("hello", b"hello", "XML_MALFORME")
    yield Cas("half", question.body[: len(question.body) // 2], "XML_MALFORME")


def big(question: Question) -> Iterator[Cas]:
    """10 MB in one text: above the limit of a message, and above that of one text where documents are allowed."""
    feuille = next(n for n in reversed(list(noeuds(question))) if not len(n.element))
    yield Cas("10 MB", written(feuille, "A" * GROS), "XML_TAILLE", statut=413)


FAMILLES = {
    "extra": extra,
    "order": order,
    "namespace": namespaces,
    "envelope": envelope,
    "document": documents,
    "10 MB": big,
}
