"""Fields of a message, read from an lxml element: what both server dialects need between a tree and the messages.

`Bloc` reads an element that its XSD has accepted; what an XSD cannot check (keys, the calendar, base64) raises the
Faute that names the field. What is written is in ecriture.py. Neither knows a dialect.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from lxml import etree

from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.identity import Identifiant, IdentifiantInvalide
from tierspayant.schemas.money import Centimes, MontantInvalide, depuis_decimal
from tierspayant.schemas.xml import local_name, xpath_of

I = TypeVar("I", bound=Identifiant)  # noqa: E741
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_OUI = {"true": True, "1": True, "false": False, "0": False}


class Bloc:
    """The children of one element by local name. A missing optional field reads as None.

    A field that may be repeated is read by `liste` alone: the others know one child of a name.
    """

    __slots__ = ("_enfants", "element")

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self._enfants = {_LOCAL[enfant.tag]: enfant for enfant in element}

    def __contains__(self, nom: str) -> bool:
        return nom in self._enfants

    def texte(self, nom: str) -> str:
        """The text as it stands, white space included; an empty element reads as ''."""
        return self._enfants[nom].text or ""

    def texte_ou_rien(self, nom: str) -> str | None:
        return self.texte(nom) if nom in self._enfants else None

    def bloc(self, nom: str) -> Bloc:
        return Bloc(self._enfants[nom])

    def bloc_ou_rien(self, nom: str) -> Bloc | None:
        return self.bloc(nom) if nom in self._enfants else None

    def liste(self, nom: str) -> Iterator[Bloc]:
        """Every child of that name, in order."""
        return (Bloc(enfant) for enfant in self.element if _LOCAL[enfant.tag] == nom)

    def lire(self, nom: str, lecture: Callable[[str], T]) -> T:
        """`lecture` of the trimmed text; its ValueError becomes the Faute of this field."""
        try:
            return lecture((self._enfants[nom].text or "").strip())
        except ValueError as erreur:
            raise self._refus(nom, erreur) from None

    def lire_ou_rien(self, nom: str, lecture: Callable[[str], T]) -> T | None:
        return self.lire(nom, lecture) if nom in self._enfants else None

    def identifiant(self, nom: str, cls: type[I]) -> I:
        """Untrimmed: white space around a number is refused by its form, and a name is kept as it was said."""
        texte = self._enfants[nom].text or ""
        try:
            lu: I = cls(texte) if cls.PERSONNEL else _PUBLIC[cls, texte]
        except ValueError as erreur:
            raise self._refus(nom, erreur) from None
        return lu

    def _refus(self, nom: str, erreur: ValueError) -> Faute:
        enfant = self._enfants[nom]
        if isinstance(erreur, IdentifiantInvalide):
            return refuse(enfant, erreur.regle, erreur.detail)
        if isinstance(erreur, MontantInvalide):
            return refuse(enfant, "VALEUR_DECIMALES", str(erreur))
        return refuse(enfant, "VALEUR_FORME", "la valeur n'a pas la forme attendue")

    def jour(self, nom: str) -> dt.date:
        """AAAA-MM-JJ or AAAAMMJJ: the XSD says which one the contract writes."""
        try:
            return dt.date.fromisoformat((self._enfants[nom].text or "").strip())
        except ValueError as erreur:
            raise self._refus(nom, erreur) from None

    def jour_ou_rien(self, nom: str) -> dt.date | None:
        return self.jour(nom) if nom in self._enfants else None

    def instant(self, nom: str) -> dt.datetime:
        return self.lire(nom, dt.datetime.fromisoformat)

    def entier(self, nom: str) -> int:
        try:
            return int(self._enfants[nom].text or "")
        except ValueError as erreur:
            raise self._refus(nom, erreur) from None

    def entier_ou_rien(self, nom: str) -> int | None:
        return self.entier(nom) if nom in self._enfants else None

    def euros(self, nom: str) -> Centimes:
        try:
            return depuis_decimal(self._enfants[nom].text or "")
        except ValueError as erreur:
            raise self._refus(nom, erreur) from None

    def euros_ou_rien(self, nom: str) -> Centimes | None:
        return self.euros(nom) if nom in self._enfants else None

    def mot(self, nom: str, mots: dict[str, E]) -> E:
        """The value that one of the contract's words stands for."""
        return mots[self._enfants[nom].text or ""]

    def mot_ou_rien(self, nom: str, mots: dict[str, E]) -> E | None:
        return self.mot(nom, mots) if nom in self._enfants else None

    def oui(self, nom: str) -> bool:
        return self.lire(nom, _OUI.__getitem__)

    def octets(self, nom: str) -> bytes:
        """base64Binary: checked here, since libxml2's XSD accepts any text for it (observed, 2.14)."""
        return self.lire(nom, depuis_base64)


class _LocalNames(dict[object, str]):
    """Tag -> local name. Accepted elements have the tags of the contracts alone: some hundreds."""

    def __missing__(self, tag: object) -> str:
        self[tag] = nom = str(tag).rpartition("}")[2]
        return nom


_LOCAL = _LocalNames()


MAX_PUBLIC = 4096
"""Identifiers kept; a chain's shops, its insurers and the products of a tariff are fewer."""


class PublicIdentifiers(dict[tuple[type[Identifiant], str], Any]):
    """Identifiers that are nobody's own: the same shops, insurers and products come in every message, checked once."""

    def __missing__(self, key: tuple[type[Identifiant], str]) -> Identifiant:
        if len(self) >= MAX_PUBLIC:
            self.clear()
        cls, texte = key
        self[key] = lu = cls(texte)
        return lu


_PUBLIC = PublicIdentifiers()


@cache
def en_capitales(kind: type[E]) -> dict[str, E]:
    """The words of a contract that writes each value of `kind` in capitals."""
    return {un.value.upper(): un for un in kind}


def depuis_base64(texte: str) -> bytes:
    try:
        return base64.b64decode("".join(texte.split()), validate=True)
    except binascii.Error as erreur:
        raise ValueError("base64") from erreur


def refuse(element: etree._Element, regle: str, francais: str, anglais: str | None = None) -> Faute:
    """The Faute TEC05 at an element, for a rule that the XSD cannot say."""
    nom = local_name(element)
    english = anglais or f"breaks rule {regle}"
    return Faute(
        Cote.CLIENT,
        "TEC05",
        regle,
        f"le champ « {nom} » est refusé : {francais}",
        f"field '{nom}' {english}",
        xpath=xpath_of(element),
    )


def exige(bloc: Bloc, nom: str, quand: str, when: str) -> None:
    """Raises the Faute of a field that is missing though another one makes it mandatory (`quand`: in which case)."""
    if nom not in bloc:
        raise Faute(
            Cote.CLIENT,
            "TEC05",
            "CHAMP_CONDITIONNEL",
            f"le champ « {nom} » est obligatoire {quand}",
            f"field '{nom}' is mandatory {when}",
            xpath=f"{xpath_of(bloc.element)}/{nom}",
        )
