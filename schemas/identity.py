"""Identifiers of people, insurers, shops and products: checked when made, masked when printed.

`repr`, `str` and formatting of a personal identifier give a mask; the plain text is read on purpose through
`.clair`, so that a value that reaches a log line or an error by accident says nothing. Formats come from
docs/domain/optical-messages.md §4.1 and §6.1; where a length is not public the bound is ours.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar, Self

MASQUE = "•••"


class IdentifiantInvalide(ValueError):
    """An identifier breaks its rule. `regle` names the rule, the text is French and never shows the value."""

    def __init__(self, regle: str, detail: str) -> None:
        super().__init__(detail)
        self.regle = regle
        self.detail = detail


class Identifiant:
    """One checked text. Equal and hashed by type and text; immutable by convention of its single slot."""

    __slots__ = ("clair",)
    MOTIF: ClassVar[re.Pattern[str]]
    REGLE: ClassVar[str]
    FORME: ClassVar[str]
    PERSONNEL: ClassVar[bool] = True

    def __init__(self, clair: str) -> None:
        if self.MOTIF.fullmatch(clair) is None:
            raise IdentifiantInvalide(self.REGLE, self.FORME)
        self.verifier(clair)
        self.clair = clair

    @classmethod
    def verifier(cls, clair: str) -> None:
        """Further checks than the form (a key, a calendar); raises IdentifiantInvalide."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.clair == other.clair

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.clair))

    def __lt__(self, other: Self) -> bool:
        return self.clair < other.clair

    def __str__(self) -> str:
        return MASQUE if self.PERSONNEL else self.clair

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        """Let pydantic (the shop API's reader) build one from a JSON string; no pydantic import until then."""
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda valeur: valeur.clair),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{cls.MOTIF.pattern}$", "description": cls.FORME}


def _luhn(chiffre: int, rang: int) -> int:
    double = chiffre * (1 + rang % 2)
    return double - 9 if double > 9 else double


class Nir(Identifiant):
    """The insured person's number: 13 characters and a two-digit key. Key = 97 - (number mod 97), 2A->19, 2B->18."""

    __slots__ = ()
    MOTIF = re.compile(r"[1-478][0-9]{4}(?:[0-9]{2}|2A|2B)[0-9]{8}")
    REGLE = "NIR_FORME"
    FORME = "le NIR a 15 caractères : 13 puis la clé à 2 chiffres"

    @classmethod
    def verifier(cls, clair: str) -> None:
        if int(clair[13:]) != cls.cle(clair[:13]):
            raise IdentifiantInvalide(
                "NIR_CLE", "la clé du NIR (2 derniers chiffres) ne correspond pas aux 13 premiers caractères"
            )

    @staticmethod
    def cle(treize: str) -> int:
        """The key of 13 characters."""
        return 97 - int(treize.replace("2A", "19").replace("2B", "18")) % 97


class Nom(Identifiant):
    """A family name or a first name."""

    __slots__ = ()
    MOTIF = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’.-]){0,79}")
    REGLE = "NOM_FORME"
    FORME = "un nom ou un prénom a 1 à 80 lettres, espaces, apostrophes ou tirets, et commence par une lettre"


class NumeroAdherent(Identifiant):
    """The only person identifier of the card's normalised block; its length is not public: 1 to 16 (our design)."""

    __slots__ = ()
    MOTIF = re.compile(r"[0-9A-Za-z]{1,16}")
    REGLE = "ADHERENT_FORME"
    FORME = "le numéro d'adhérent a 1 à 16 lettres ou chiffres"


class DateNaissance(Identifiant):
    """A birth date, AAAA-MM-JJ, kept as text because it is personal: `.jour` gives the date."""

    __slots__ = ()
    MOTIF = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
    REGLE = "NAISSANCE_FORME"
    FORME = "la date de naissance s'écrit AAAA-MM-JJ et existe au calendrier"

    @classmethod
    def verifier(cls, clair: str) -> None:
        try:
            date.fromisoformat(clair)
        except ValueError:
            raise IdentifiantInvalide(cls.REGLE, cls.FORME) from None

    @property
    def jour(self) -> date:
        return date.fromisoformat(self.clair)


class Prescripteur(Identifiant):
    """RPPS (11 digits) or AM number (9 digits) of the prescriber."""

    __slots__ = ()
    MOTIF = re.compile(r"[0-9]{9}(?:[0-9]{2})?")
    REGLE = "PRESCRIPTEUR_FORME"
    FORME = "le numéro du prescripteur a 9 (AM) ou 11 (RPPS) chiffres"


class NumeroAmc(Identifiant):
    """The insurer's number as printed on the card: 8 to 10 digits, kept as text since leading zeros count."""

    __slots__ = ()
    MOTIF = re.compile(r"[0-9]{8,10}")
    REGLE = "AMC_FORME"
    FORME = "le numéro d'AMC a 8 à 10 chiffres, zéros de tête compris, comme sur la carte"
    PERSONNEL = False


class Finess(Identifiant):
    """The shop's FINESS number. The last digit is a Luhn key over the nine (public rule); 2A/2B departments allowed."""

    __slots__ = ()
    MOTIF = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")
    REGLE = "FINESS_FORME"
    FORME = "le FINESS a 9 caractères"
    PERSONNEL = False

    @classmethod
    def verifier(cls, clair: str) -> None:
        if clair.isdigit() and sum(_luhn(int(c), i) for i, c in enumerate(reversed(clair))) % 10:
            raise IdentifiantInvalide("FINESS_CLE", "la clé du FINESS (9e chiffre) ne correspond pas aux 8 premiers")


class Lpp(Identifiant):
    """A product code: 7 digits, the last one a key derived from 24 public codes (optical-messages.md §6.1)."""

    __slots__ = ()
    MOTIF = re.compile(r"[0-9]{7}")
    REGLE = "LPP_FORME"
    FORME = "un code LPP a 7 chiffres"
    PERSONNEL = False

    @classmethod
    def verifier(cls, clair: str) -> None:
        if int(clair[6]) != cls.cle(clair[:6]):
            raise IdentifiantInvalide("LPP_CLE", "la clé du code LPP (7e chiffre) ne correspond pas aux 6 premiers")

    @staticmethod
    def cle(six: str) -> int:
        """The key of six digits: weighted sum modulo 11, ten counting as zero."""
        return sum(poids * int(chiffre) for poids, chiffre in zip(range(2, 8), six, strict=True)) % 11 % 10
