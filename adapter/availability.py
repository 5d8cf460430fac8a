"""Is a platform's service open, and may this shop use it? Two stored lives, apart on purpose.

A *service* (platform x logical service) is ouvert, ferme or sonde, for every shop. A shop's *account* on a platform is
utilisable or retenu, for that shop alone: one expired password stops one shop, not three hundred.

    ouvert --NotNow, NotSent, several AnswerUnknown--> ferme --good probe--> sonde --one real answer--> ouvert
                                                         ^---bad probe---+      \\--NotNow, NotSent...--> ferme

A good probe (EtatService) is not enough: in February 2024 services said yes and then failed on the first real request
(platforms note §d), so one real entry goes first and the lane opens on its answer only. All ours (delivery.md §4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tierspayant.schemas.operations import Service
from tierspayant.schemas.outcomes import RaisonCompte


class EtatService(StrEnum):
    OUVERT = "ouvert"
    FERME = "ferme"
    SONDE = "sonde"


class Signal(StrEnum):
    """What an exchange says about the service. REPONSE: it answered a real request, yes or no."""

    REPONSE = "reponse"
    REFUS_DE_SERVICE = "refus_de_service"
    SANS_REPONSE = "sans_reponse"
    SONDE_BONNE = "sonde_bonne"
    SONDE_MAUVAISE = "sonde_mauvaise"


TRANSITIONS: Mapping[tuple[EtatService, Signal], EtatService] = {
    (EtatService.OUVERT, Signal.REPONSE): EtatService.OUVERT,
    (EtatService.OUVERT, Signal.REFUS_DE_SERVICE): EtatService.FERME,
    (EtatService.OUVERT, Signal.SANS_REPONSE): EtatService.OUVERT,
    (EtatService.OUVERT, Signal.SONDE_BONNE): EtatService.OUVERT,
    (EtatService.OUVERT, Signal.SONDE_MAUVAISE): EtatService.OUVERT,
    (EtatService.FERME, Signal.REPONSE): EtatService.OUVERT,
    (EtatService.FERME, Signal.REFUS_DE_SERVICE): EtatService.FERME,
    (EtatService.FERME, Signal.SANS_REPONSE): EtatService.FERME,
    (EtatService.FERME, Signal.SONDE_BONNE): EtatService.SONDE,
    (EtatService.FERME, Signal.SONDE_MAUVAISE): EtatService.FERME,
    (EtatService.SONDE, Signal.REPONSE): EtatService.OUVERT,
    (EtatService.SONDE, Signal.REFUS_DE_SERVICE): EtatService.FERME,
    (EtatService.SONDE, Signal.SANS_REPONSE): EtatService.FERME,
    (EtatService.SONDE, Signal.SONDE_BONNE): EtatService.SONDE,
    (EtatService.SONDE, Signal.SONDE_MAUVAISE): EtatService.FERME,
}

SILENCES_AVANT_FERMETURE = 3
"""Answers missing in a row before an open service counts as shut: one slow answer says little, three say enough."""

LONGUE_FERMETURE = dt.timedelta(days=1)
"""A service shut for longer is probed about hourly: in February 2024 they stayed shut for weeks."""
FAUX_RETOURS = 50
"""So many failures in a row, though it says each time that it is back, weigh as much as a day: half a day's worth."""
RALLONGE = dt.timedelta(minutes=45)
"""So much longer it is left alone then: with policy.RECUL_MAX an hour at most, within which a reopening is seen."""

FENETRE_MAX = 8
"""Entries of one lane on their way at once, at most. Real platforms publish no figure; with eight, a queue of 1,000
drains in about two minutes at one second per answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disponibilite:
    """A service as we know it.

    essais: failures in a row. prochain_essai: next probe when shut. fenetre: how many entries may be on their way at
    once (slow start). en_pause: stopped by an operator. message: the platform's own words.
    """

    plateforme: str
    service: Service
    etat: EtatService
    depuis: dt.datetime
    essais: int = 0
    prochain_essai: dt.datetime | None = None
    fenetre: int = FENETRE_MAX
    en_pause: bool = False
    message: str | None = None


class Retenue(StrEnum):
    """Why a shop's account is held: what the platform said (each RaisonCompte), or PAUSE, an operator's own hold."""

    REFUSE = RaisonCompte.REFUSE.value
    EXPIRE = RaisonCompte.EXPIRE.value
    REINITIALISER = RaisonCompte.REINITIALISER.value
    CODE = RaisonCompte.CODE.value
    VERROUILLE = RaisonCompte.VERROUILLE.value
    NON_REACTIVE = RaisonCompte.NON_REACTIVE.value
    CERTIFICAT = RaisonCompte.CERTIFICAT.value
    PAUSE = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compte:
    """A shop's account on a platform. Held (`raison` not None) until a person changes the secret or gives the code;
    an operator's pause, until an operator resumes it."""

    plateforme: str
    magasin: str
    depuis: dt.datetime
    raison: Retenue | None = None

    @property
    def retenu(self) -> bool:
        return self.raison is not None


def ouvert(plateforme: str, service: Service, now: dt.datetime) -> Disponibilite:
    """A service nobody has asked yet: open until it says otherwise."""
    return Disponibilite(plateforme=plateforme, service=service, etat=EtatService.OUVERT, depuis=now)


def observe(
    avant: Disponibilite, signal: Signal, now: dt.datetime, attente: dt.timedelta, message: str | None = None
) -> Disponibilite:
    """The service after one observation. `attente`: how long to wait before the next probe, should it be shut then."""
    if signal is Signal.REPONSE:
        apres = replace(avant, essais=0, prochain_essai=None, message=None, fenetre=_wider(avant))
    else:
        apres = replace(avant, essais=avant.essais + (signal is not Signal.SONDE_BONNE))
    etat = TRANSITIONS[avant.etat, signal]
    if avant.etat is EtatService.OUVERT and signal is Signal.SANS_REPONSE and apres.essais >= SILENCES_AVANT_FERMETURE:
        etat = EtatService.FERME
    if etat is EtatService.FERME:
        apres = replace(apres, prochain_essai=now + attente, fenetre=1, message=message or apres.message)
    if etat is EtatService.SONDE:
        apres = replace(apres, prochain_essai=None, fenetre=1)
    return apres if etat is avant.etat else replace(apres, etat=etat, depuis=now)


def patience(avant: Disponibilite, attente: dt.timedelta, now: dt.datetime) -> dt.timedelta:
    """How long to leave a service alone: as said, and RALLONGE more once it has been shut for long, or said for long
    that it is back when it is not."""
    long = avant.etat is EtatService.FERME and now - avant.depuis > LONGUE_FERMETURE
    false = avant.etat is EtatService.SONDE and avant.essais >= FAUX_RETOURS
    return attente + RALLONGE if long or false else attente


def _wider(avant: Disponibilite) -> int:
    """Slow start: one entry alone reopens a lane, then the window doubles with each answer."""
    return 1 if avant.etat is EtatService.FERME else min(FENETRE_MAX, avant.fenetre * 2)
