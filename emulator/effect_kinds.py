"""What can be made to fail: every effect and its parameters (interfaces.md), as the control API and tapes write them.

This is the list only; effects.py says which of them strikes an exchange, exchange.py what then happens.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from tierspayant.schemas.outcomes import RaisonCompte


class Point(StrEnum):
    """Where an exchange is cut, in the order of its life."""

    CONNEXION = "connexion"
    AVANT_LECTURE = "avant_lecture"
    APRES_LECTURE = "apres_lecture"
    APRES_COMMIT = "apres_commit"
    APRES_ENTETES = "apres_entetes"
    MILIEU_CORPS = "milieu_corps"
    APRES_DERNIER_OCTET = "apres_dernier_octet"


BEFORE_COMMIT = frozenset({Point.CONNEXION, Point.AVANT_LECTURE, Point.APRES_LECTURE})
"""Cut there, the platform has done nothing."""


class Corps(StrEnum):
    """The body of an HTTP error."""

    HTML = "html"
    VIDE = "vide"
    TEXTE = "texte"
    JSON = "json"


class DefautReponse(StrEnum):
    """What is wrong with an answer that comes."""

    MALFORMEE = "malformee"
    TRONQUEE = "tronquee"
    ENCODAGE = "encodage"
    ESPACE_DE_NOMS = "espace_de_noms"
    HORS_SCHEMA = "hors_schema"
    AUTRE_MESSAGE = "autre_message"
    ETAT_INCONNU = "etat_inconnu"


class DefautTls(StrEnum):
    EXPIRE = "expire"
    MAUVAIS_HOTE = "mauvais_hote"
    CA_INCONNUE = "ca_inconnue"


class _Parametres(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class RefusConnexion(_Parametres, frozen=True):
    """The platform's listener is closed: connection refused."""


class Coupure(_Parametres, frozen=True):
    """A TCP reset at a point of the exchange."""

    point: Point


class Silence(_Parametres, frozen=True):
    """No answer ever; `traitee`: the request was processed all the same."""

    traitee: bool = True


class Lenteur(_Parametres, frozen=True):
    """The answer comes so much later (virtual time); the request is processed at once."""

    duree: dt.timedelta


class Goutte(_Parametres, frozen=True):
    """The answer drips, so many bytes per second (virtual time)."""

    octets_s: Annotated[int, Meta(ge=1, le=1_000_000)]


class Tls(_Parametres, frozen=True):
    """The platform shows a bad certificate."""

    defaut: DefautTls


class Http(_Parametres, frozen=True):
    """A bare HTTP answer. `emplacement`: where a redirect leads; `traitee`: processed before the answer was lost."""

    statut: Annotated[int, Meta(ge=200, le=599)]
    retry_after: Annotated[int, Meta(ge=0, le=31_536_000)] | None = None
    corps: Corps = Corps.HTML
    emplacement: Annotated[str, Meta(pattern=r"^[!-~]{1,2000}$")] | None = None
    traitee: bool = False


class FauteSoap(_Parametres, frozen=True):
    """A typed SOAP fault with a technical code of the table (TEC01 closed, TEC02 maintenance, TEC03 overloaded ...)."""

    code: str = "TEC02"


class Reponse(_Parametres, frozen=True):
    """The request is processed and its answer spoilt."""

    defaut: DefautReponse


class Indisponible(_Parametres, frozen=True):
    """A business answer that says *not now*; nothing was done."""

    reessayer_apres_s: Annotated[int, Meta(ge=0, le=31_536_000)] | None = None


class Compte(_Parametres, frozen=True):
    """The shop's account is not accepted."""

    etat: RaisonCompte


Parametres: TypeAlias = (
    RefusConnexion | Coupure | Silence | Lenteur | Goutte | Tls | Http | FauteSoap | Reponse | Indisponible | Compte
)

CATALOGUE: dict[str, type[Parametres]] = {
    "refus_connexion": RefusConnexion,
    "coupure": Coupure,
    "silence": Silence,
    "lenteur": Lenteur,
    "goutte": Goutte,
    "tls": Tls,
    "http": Http,
    "faute_soap": FauteSoap,
    "reponse": Reponse,
    "indisponible": Indisponible,
    "compte": Compte,
}
WHOLE_PORT = (RefusConnexion, Tls)
"""Effects on a listener: no service, no shop, no chance, and on a shared port only for the session `default`."""
ADDING = (Lenteur, Goutte)
