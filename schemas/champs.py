"""Fields of an lxml element, read and written: what both server dialects need between a tree and the messages.

`Bloc` reads an element that its XSD has accepted; what an XSD cannot check (keys, the calendar, base64) raises the
Faute that names the field. `ajoute` writes one field. Neither knows a dialect.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Iterator
from typing import TypeVar

from lxml import etree

from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.identity import Identifiant, IdentifiantInvalide
from tierspayant.schemas.money import Centimes, MontantInvalide, depuis_decimal
from tierspayant.schemas.xml import local_name, xpath_of

I = TypeVar("I", bound=Identifiant)  # noqa: E741
T = TypeVar("T")


class Bloc:
    """The children of one element by local name. A missing optional field reads as None."""

    __slots__ = ("_enfants", "element")

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        enfants: dict[str, etree._Element] = {}
        for enfant in element:
            enfants.setdefault(str(enfant.tag).rpartition("}")[2], enfant)
        self._enfants = enfants

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
        return (Bloc(enfant) for enfant in self.element if local_name(enfant) == nom)

    def textes(self, nom: str) -> Iterator[str]:
        return (enfant.text or "" for enfant in self.element if local_name(enfant) == nom)

    def lire(self, nom: str, lecture: Callable[[str], T]) -> T:
        """`lecture` of the trimmed text; its ValueError becomes the Faute of this field."""
        return self._lire(nom, lecture, self.texte(nom).strip())

    def _lire(self, nom: str, lecture: Callable[[str], T], texte: str) -> T:
        enfant = self._enfants[nom]
        try:
            return lecture(texte)
        except IdentifiantInvalide as erreur:
            raise refuse(enfant, erreur.regle, erreur.detail) from None
        except MontantInvalide as erreur:
            raise refuse(enfant, "VALEUR_DECIMALES", str(erreur)) from None
        except ValueError:
            raise refuse(enfant, "VALEUR_FORME", "la valeur n'a pas la forme attendue") from None

    def lire_ou_rien(self, nom: str, lecture: Callable[[str], T]) -> T | None:
        return self.lire(nom, lecture) if nom in self._enfants else None

    def identifiant(self, nom: str, cls: type[I]) -> I:
        """Untrimmed: white space around a number is refused by its form, and a name is kept as it was said."""
        return self._lire(nom, cls, self.texte(nom))

    def jour(self, nom: str) -> dt.date:
        return self.lire(nom, dt.date.fromisoformat)

    def jour_ou_rien(self, nom: str) -> dt.date | None:
        return self.lire_ou_rien(nom, dt.date.fromisoformat)

    def instant(self, nom: str) -> dt.datetime:
        return self.lire(nom, dt.datetime.fromisoformat)

    def entier(self, nom: str) -> int:
        return self.lire(nom, int)

    def euros(self, nom: str) -> Centimes:
        return self.lire(nom, depuis_decimal)

    def euros_ou_rien(self, nom: str) -> Centimes | None:
        return self.lire_ou_rien(nom, depuis_decimal)

    def oui(self, nom: str) -> bool:
        return self.lire(nom, {"true": True, "1": True, "false": False, "0": False}.__getitem__)

    def octets(self, nom: str) -> bytes:
        """base64Binary: checked here, since libxml2's XSD accepts any text for it (observed, 2.14)."""
        return self.lire(nom, depuis_base64)


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


def ajoute(parent: etree._Element, nom: str, texte: str | None) -> None:
    """One field of qualified name `nom`; None writes nothing."""
    if texte is not None:
        etree.SubElement(parent, nom).text = texte


def instant_z(valeur: dt.datetime) -> str:
    """UTC with 'Z', at most milliseconds: the form every SOAP stack reads (wire.md, rule 7)."""
    utc = valeur.astimezone(dt.UTC)
    return (
        utc.strftime("%Y-%m-%dT%H:%M:%S") + (f".{utc.microsecond // 1000:03d}" if utc.microsecond >= 1000 else "") + "Z"
    )


def oui_non(valeur: bool) -> str:
    return "true" if valeur else "false"
