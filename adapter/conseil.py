"""What to tell the customer in front of you: the French advice of a request, chosen from conseils.toml.

Pure: a situation in, a sentence out. An amount or a date that is not known reads "non connu", never 0
(public: ACU-162404, shops told customers 0 EUR where the portal had said nothing).
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from tierspayant.schemas.money import Centimes, en_euros
from tierspayant.schemas.operations import Service
from tierspayant.schemas.plain import from_plain

PARIS = ZoneInfo("Europe/Paris")
"""Times shown to a shop are those of its wall clock; business dates are those of Europe/Paris."""

NON_CONNU = "non connu"

Langue = Literal["fr", "en"]

SERVICES: dict[Langue, dict[Service, str]] = {
    "fr": {
        Service.AUTHENTIFICATION: "connexion",
        Service.DROITS: "vérification des droits",
        Service.DEVIS: "devis",
        Service.PEC: "prise en charge",
        Service.PIECES: "pièces justificatives",
        Service.FACTURE: "facturation",
        Service.ANNULATION: "annulation",
        Service.RETOURS: "retours de paiement",
    },
    "en": {service: service.value for service in Service},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything an advice depends on. `operation`, `etat`, `resultat` and `action` are the shop API's words.

    arret: why nothing leaves although the platform is open: 'compte_refuse', 'compte_en_pause' or 'service_en_pause'.
    """

    etat: str
    operation: str
    plateforme: str
    service: Service
    resultat: str | None = None
    action: str | None = None
    arret: str | None = None
    fermee_depuis: dt.datetime | None = None
    prochaine_tentative: dt.datetime | None = None
    montant_centimes: Centimes | None = None
    valide_au: dt.date | None = None
    motifs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Regle:
    """One entry of conseils.toml; an empty condition always holds."""

    fr: str
    en: str
    etat: tuple[str, ...] = ()
    operation: tuple[str, ...] = ()
    resultat: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    arret: tuple[str, ...] = ()
    fermee: bool | None = None

    def holds(self, cas: Situation) -> bool:
        mots = (
            (self.etat, cas.etat),
            (self.operation, cas.operation),
            (self.resultat, cas.resultat),
            (self.action, cas.action),
            (self.arret, cas.arret),
        )
        if self.fermee is not None and self.fermee != (cas.fermee_depuis is not None):
            return False
        return all(not admis or mot in admis for admis, mot in mots)


@cache
def regles() -> tuple[Regle, ...]:
    document = tomllib.loads(files(__package__).joinpath("conseils.toml").read_text(encoding="utf-8"))
    return from_plain(tuple[Regle, ...], document["conseil"])


def moment(instant: dt.datetime | None, langue: Langue = "fr") -> str:
    """'le 31/01/2024 à 10:05' on the shop's wall clock."""
    if instant is None:
        return NON_CONNU if langue == "fr" else "not known"
    ici = instant.astimezone(PARIS)
    return f"{ici:%d/%m/%Y} à {ici:%H:%M}" if langue == "fr" else f"{ici:%Y-%m-%d %H:%M}"


def _amount(centimes: Centimes | None, langue: Langue) -> dict[str, str]:
    """The amount by itself and after a noun, in words that can be read aloud when it is not known."""
    if centimes is None:
        inconnu = f"montant {NON_CONNU}" if langue == "fr" else "amount not known"
        return {"montant": inconnu, "de_montant": f"({inconnu})"}
    euros = en_euros(centimes)
    return {"montant": euros, "de_montant": f"{'de' if langue == 'fr' else 'of'} {euros}"}


def _valid(jour: dt.date | None, langue: Langue) -> str:
    if langue == "fr":
        return f"Valable jusqu'au {jour:%d/%m/%Y}." if jour else "Date de fin de validité non connue."
    return f"Valid until {jour:%d/%m/%Y}." if jour else "The end of its validity is not known."


def conseil(cas: Situation, langue: Langue = "fr") -> str:
    """The advice for this situation, or an empty text when the table has none."""
    regle = next((une for une in regles() if une.holds(cas)), None)
    if regle is None:
        return ""
    depuis = moment(cas.fermee_depuis, langue)
    return (regle.fr if langue == "fr" else regle.en).format(
        plateforme=cas.plateforme,
        service=SERVICES[langue][cas.service],
        depuis=f"le {depuis}" if langue == "fr" and cas.fermee_depuis else depuis,
        prochaine=f"le {moment(cas.prochaine_tentative)}"
        if langue == "fr" and cas.prochaine_tentative
        else ("dès que possible" if langue == "fr" else moment(cas.prochaine_tentative, langue)),
        **_amount(cas.montant_centimes, langue),
        valable=_valid(cas.valide_au, langue),
        motifs=" ; ".join(cas.motifs) or ("sans précision" if langue == "fr" else "no reason given"),
    )
