"""A request as the shop reads it: the exact JSON of interfaces.md, from the entry and what the platform answered.

Pure. An amount nobody knows is null; a time is ISO 8601 with its offset on the shop's wall clock (Europe/Paris); a
business date has no time. The advice (`conseil`) is French, `?langue=en` gives its English twin.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tierspayant.adapter.availability import Compte, Disponibilite, EtatService, Retenue
from tierspayant.adapter.conseil import PARIS, Langue, Situation, conseil
from tierspayant.adapter.entry import Action, Entry, Etat
from tierspayant.schemas.messages import (
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    FactureReponse,
    LotReponse,
    Montants,
    Motif,
    PecReponse,
    PiecesReponse,
    Reponse,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.plain import to_plain

WAITING = frozenset({Etat.EN_FILE, Etat.ENVOI, Etat.INCERTAINE})
"""States in which the shop is told whether the service is shut and when the next attempt comes."""


PARTS = ("numero", "amo_centimes", "amc_centimes", "reste_a_charge_centimes")
"""What a line of `montants` shows, no more (interfaces.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside an entry: the answer, its service, the last known rights, the number of the lot it travels in.
    Each None when there is none."""

    reponse: Reponse | None = None
    montants: Montants | None = None
    service: Disponibilite | None = None
    compte: Compte | None = None
    dernier_connu: dict[str, Any] | None = None
    numero_lot: str | None = None


def instant(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(PARIS).isoformat(timespec="seconds")


def _date(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


def _motifs(motifs: Iterable[Motif]) -> list[dict[str, str | None]]:
    return [
        {"code": m.code, "code_plateforme": m.code_plateforme, "libelle": m.libelle, "champ": m.champ} for m in motifs
    ]


def _action(action: Action | None) -> dict[str, Any] | None:
    if action is None:
        return None
    return {
        "raison": action.raison.value,
        "gestes": [geste.value for geste in action.gestes],
        "detail": action.detail,
        "numeros": list(action.numeros),
    }


def montants(value: Montants | None) -> dict[str, Any] | None:
    """Amounts as the shop reads them: the total, and the three shares of each line."""
    if value is None:
        return None
    plain: dict[str, Any] = to_plain(value)
    plain["lignes"] = [{key: ligne[key] for key in PARTS} for ligne in plain["lignes"]]
    return plain


def calcul(value: Montants | None) -> list[dict[str, Any]] | None:
    """How each line was worked out, when the platform said: base, rate, ceiling applied."""
    if value is None or not any(ligne.base_centimes is not None for ligne in value.lignes):
        return None
    return [{key: v for key, v in to_plain(ligne).items() if key not in PARTS[1:]} for ligne in value.lignes]


def pec_of(reponse: Reponse | None) -> PecReponse | None:
    """The PEC inside an answer, whether of the request itself or of a question about its state."""
    if isinstance(reponse, PecReponse):
        return reponse
    if isinstance(reponse, EtatPecReponse):
        return reponse.dossiers[0] if reponse.dossiers else None
    return reponse.pec if isinstance(reponse, PiecesReponse) else None


def facture_of(reponse: Reponse | None, numero: str | None) -> FactureReponse | None:
    """The invoice of that number inside an answer."""
    if not isinstance(reponse, LotReponse | EtatFactureReponse):
        return None
    return next((one for one in reponse.factures if one.numero_facture == numero), None)


def situation(entry: Entry, beside: Beside) -> Situation:
    service = beside.service
    fermee = service is not None and service.etat is not EtatService.OUVERT
    pec = pec_of(beside.reponse)
    amounts = beside.montants or (pec.montants if pec else None)
    return Situation(
        etat=entry.etat.value,
        operation=entry.operation.value,
        plateforme=entry.plateforme,
        service=entry.service,
        resultat=entry.resultat,
        action=entry.action.raison.value if entry.action else None,
        arret=_stopped_by(beside.compte, service),
        fermee_depuis=service.depuis if service is not None and fermee and entry.etat in WAITING else None,
        prochaine_tentative=next_time(entry, service),
        montant_centimes=entry.amc_centimes
        if entry.amc_centimes is not None
        else (amounts.amc_centimes if amounts else None),
        valide_au=entry.valide_au or (pec.valide_au if pec else None),
        motifs=tuple(motif.libelle for motif in entry.motifs),
    )


def _stopped_by(compte: Compte | None, service: Disponibilite | None) -> str | None:
    """Why nothing leaves in this shop's name, whether the service is open or not."""
    if compte is not None and compte.retenu:
        return "compte_en_pause" if compte.raison is Retenue.PAUSE else "compte_refuse"
    return "service_en_pause" if service is not None and service.en_pause else None


def next_time(entry: Entry, service: Disponibilite | None) -> dt.datetime | None:
    """When something happens next by itself: the entry's own due time, or the next probe of its shut service."""
    if entry.etat not in WAITING and entry.etat is not Etat.EN_INSTANCE:
        return None
    due = None if entry.etat is Etat.ENVOI else entry.du_le  # while it leaves, the end of a lease: nothing happens then
    moments = [
        moment
        for moment in (due, service.prochain_essai if service and service.etat is EtatService.FERME else None)
        if moment is not None
    ]
    return max(moments, default=None)


def demande(entry: Entry, beside: Beside, langue: Langue = "fr") -> dict[str, Any]:
    """The JSON of one request."""
    seen = situation(entry, beside)
    pec = pec_of(beside.reponse)
    known = beside.montants or (pec.montants if pec else None)
    document: dict[str, Any] = {
        "id": entry.id,
        "dossier": entry.dossier,
        "reference": entry.reference,
        "operation": entry.operation.value,
        "plateforme": entry.plateforme,
        "organisme": entry.organisme,
        "equipement": entry.equipement,
        "etat": entry.etat.value,
        "resultat": entry.resultat,
        "montants": montants(known),
        "calcul": calcul(known),
        "motifs": _motifs(entry.motifs),
        "action": _action(entry.action),
        "conseil": conseil(seen, langue),
        "cree_le": instant(entry.cree_le),
        "maj_le": instant(entry.maj_le),
        "tentatives": entry.tentatives,
        "remplace": entry.remplace,
    }
    document |= _of_operation(entry, beside, pec)
    if entry.etat in WAITING or entry.etat is Etat.EN_INSTANCE:
        document["prochaine_tentative"] = instant(seen.prochaine_tentative)
    if entry.etat in WAITING:
        document["fermee_depuis"] = instant(seen.fermee_depuis)
    return document


def _of_operation(entry: Entry, beside: Beside, pec: PecReponse | None) -> dict[str, Any]:
    """The fields only one operation has."""
    match entry.operation:
        case Operation.DROITS:
            return _droits(entry, beside)
        case Operation.PEC | Operation.DEVIS:
            return {
                "numero_pec" if entry.operation is Operation.PEC else "numero_devis": entry.numero,
                "etat_plateforme": pec.etat_plateforme if pec else None,
                "valide_au": _date(entry.valide_au or (pec.valide_au if pec else None)),
                "facturable_jusqu_au": _date(entry.facturable_jusqu_au or (pec.facturable_jusqu_au if pec else None)),
                "pieces_demandees": [piece.value for piece in pec.pieces_demandees] if pec else [],
            }
        case Operation.FACTURE:
            facture = facture_of(beside.reponse, entry.numero)
            return {
                "pec": entry.cible,
                "numero_facture": entry.numero,
                "numero_lot": beside.numero_lot,
                "numero_pec": facture.numero_pec if facture else None,
                "etat_plateforme": facture.etat_plateforme if facture else None,
                "amc_centimes": entry.amc_centimes,
                "paye_centimes": entry.paye_centimes,
            }
        case _:
            return {"cible": entry.cible, "numero": entry.numero}


def _droits(entry: Entry, beside: Beside) -> dict[str, Any]:
    reponse = beside.reponse
    if entry.resultat is None or not isinstance(reponse, DroitsReponse):
        return {"droits": None, "dernier_connu": beside.dernier_connu, "expire_le": instant(entry.expire_le)}
    droits = reponse.droits
    return {
        "droits": None
        if droits is None
        else {
            "du": _date(droits.du),
            "au": _date(droits.au),
            "pec_requise": droits.pec_requise,
            "conventionne": droits.conventionne,
            "dernier_equipement": _date(droits.dernier_equipement),
        },
        "organisme": reponse.organisme or entry.organisme,
        "libelle_organisme": reponse.libelle_organisme,
        "releve_le": instant(entry.maj_le),
    }


def status_of(entry: Entry) -> int:
    """200 when the platform's answer is there (or nothing more will come), 202 while the shop must come back."""
    if entry.etat in {Etat.TERMINEE, Etat.RETIREE}:
        return 200
    if entry.etat is Etat.EN_INSTANCE and entry.operation is Operation.FACTURE and entry.resultat is not None:
        return 200
    return 202


def settled(entry: Entry) -> bool:
    """Whether waiting longer (`Prefer: wait`) would bring nothing soon: answered, or in a person's hands."""
    return entry.etat not in WAITING
