"""What the table of bad messages is made from: valid questions, their elements with what the XSD says of each, a case.

The families of cases are in bad_values.py and bad_structure.py; bad_platform.py puts them to the emulator's exchange.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from lxml import etree

from tests.contracts.xsd_shape import Champ, Shape
from tierspayant.schemas import platforms, xml
from tierspayant.schemas.soap import SOAP11, SOAP12, SoapVersion

AUTRE = "{urn:example:autre}"
_PARSER = etree.XMLParser(remove_blank_text=True, remove_comments=True)


@dataclass(frozen=True, slots=True)
class Question:
    """A valid sample in one SOAP version, where it is posted, and the XSD it obeys."""

    plateforme: str
    operation: str
    fichier: str
    version: SoapVersion
    chemin: str
    racine: etree._Element
    shape: Shape

    @property
    def body(self) -> bytes:
        return etree.tostring(self.racine)

    @property
    def corps(self) -> Noeud:
        """The element of the Body."""
        element = self.racine[-1][0]
        return Noeud(element, self.shape.of(element), None)

    def __str__(self) -> str:
        return f"{self.plateforme} {self.chemin} {self.fichier} SOAP {self.version}"


@dataclass(frozen=True, slots=True)
class Cas:
    """A bad message, the rule and status it must get, and the places its fault may name (none: it is in no element)."""

    nom: str
    body: bytes
    regle: str
    xpaths: tuple[str, ...] = ()
    statut: int = 500


Famille: TypeAlias = Callable[[Question], Iterator[Cas]]


@dataclass(frozen=True, slots=True)
class Noeud:
    """An element of a sample with its type, and the declared field it is (None: a global element)."""

    element: etree._Element
    type: str
    champ: Champ | None

    @property
    def xpath(self) -> str:
        return xml.xpath_of(self.element)

    @property
    def espace(self) -> str:
        """Its namespace, as '{...}'."""
        return str(self.element.tag).rpartition("}")[0] + "}"


@cache
def shape(dialecte: str) -> Shape:
    """The XSD files of a dialect."""
    place = files(f"tierspayant.schemas.{dialecte}")
    return Shape(f.read_bytes() for f in sorted(place.iterdir(), key=lambda f: f.name) if f.name.endswith(".xsd"))


def chemins(dialecte: str, nom: str) -> list[str]:
    """The paths that take the wire operation `nom`, [] when there is no such operation."""
    operations = {operation for operation, mot in platforms.dialects()[dialecte].names.items() if mot == nom}
    return [chemin for chemin, ici in platforms.server(dialecte).chemins.items() if operations & ici]


def samples(dialecte: str) -> Iterator[Question]:
    """Every valid question sample of a dialect, on each of its paths, in both SOAP versions."""
    place = files(f"tierspayant.schemas.{dialecte}").joinpath("samples")
    for fichier in sorted((f for f in place.iterdir() if f.name.endswith(".xml")), key=lambda f: f.name):
        nom = fichier.name.split(".")[0]
        for chemin, version in itertools.product(chemins(dialecte, nom), SoapVersion):
            root = etree.fromstring(said_in(fichier.read_bytes(), version), _PARSER)
            yield Question(dialecte, nom, fichier.name, version, chemin, root, shape(dialecte))


def questions(dialecte: str) -> Iterator[Question]:
    """Each operation's ready sample, on each of its paths, in both SOAP versions, with every field the XSD knows.

    What the sample leaves out is taken from another sample of the dialect.
    """
    donors = {
        (noeud.type, xml.local_name(enfant)): enfant
        for question in samples(dialecte)
        for noeud in noeuds(question)
        for enfant in noeud.element
    }
    for question in samples(dialecte):
        if question.fichier.endswith(".ok.xml"):
            racine = deepcopy(question.racine)
            whole = replace(question, racine=racine)
            _fill(Noeud(racine[0][0], question.shape.of(racine[0][0]), None), question.shape, donors)
            _fill(whole.corps, question.shape, donors)
            yield whole


def _fill(noeud: Noeud, shape: Shape, donors: Mapping[tuple[str, str], etree._Element]) -> None:
    for rang, champ in enumerate(shape.enfants.get(noeud.type, ())):
        if noeud.element.find(f"{{*}}{champ.nom}") is None:
            avant = {un.nom for un in shape.enfants[noeud.type][:rang]}
            place = sum(xml.local_name(e) in avant for e in noeud.element)
            noeud.element.insert(place, deepcopy(donors[noeud.type, champ.nom]))
        for enfant in noeud.element.findall(f"{{*}}{champ.nom}"):
            _fill(Noeud(enfant, champ.type, champ), shape, donors)


def said_in(octets: bytes, version: SoapVersion) -> bytes:
    """The message in that SOAP version."""
    for espace in (SOAP11, SOAP12):
        octets = octets.replace(f'"{espace}"'.encode(), f'"{version.namespace}"'.encode())
    return octets


def noeuds(question: Question) -> Iterator[Noeud]:
    """The business header, the body element, and everything below them."""
    entete = question.racine[0][0]
    yield from _below(Noeud(entete, question.shape.of(entete), None), question.shape)
    yield from _below(question.corps, question.shape)


def _below(noeud: Noeud, shape: Shape) -> Iterator[Noeud]:
    yield noeud
    champs = {champ.nom: champ for champ in shape.enfants.get(noeud.type, ())}
    for enfant in noeud.element:
        champ = champs[xml.local_name(enfant)]
        yield from _below(Noeud(enfant, champ.type, champ), shape)


def changed(noeud: Noeud, change: Callable[[etree._Element], object]) -> bytes:
    """The whole message with `change` made at the copy of a node."""
    arbre = noeud.element.getroottree()
    copie = deepcopy(arbre.getroot())
    ici = copie.find(arbre.getelementpath(noeud.element))
    assert ici is not None
    change(ici)
    return etree.tostring(copie)


def written(noeud: Noeud, texte: str) -> bytes:
    """The whole message with another text in a node."""

    def write(ici: etree._Element) -> None:
        ici.text = texte

    return changed(noeud, write)
