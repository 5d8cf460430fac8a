"""What a readable reply comes to: by the code of a typed fault, or by what a business answer says (delivery.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

from lxml import etree

from tierspayant.schemas import soap
from tierspayant.schemas.codes import nature, table
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Indisponible,
    LotReponse,
    Motif,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatAnnulation,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NotNow, NotYou, Outcome, RaisonCompte, Refus
from tierspayant.schemas.security import causes
from tierspayant.schemas.wire import HttpResponse, header


@dataclass(frozen=True, slots=True)
class Detail:
    """The dialect's typed fault, read: `code` canonical, `motif` as the platform wrote it, `regle` its rule id."""

    code: str
    regle: str
    motif: Motif


WSS_CODES = frozenset(
    {"FailedAuthentication", "FailedCheck", "InvalidSecurity", "InvalidSecurityToken", "MessageExpired"}
    | {"SecurityTokenUnavailable", "UnsupportedSecurityToken"}
)
"""Fault codes of WS-Security 1.1 §12: they are about the account or its secret, whatever the platform."""

_PAS_MAINTENANT = frozenset({"TEC01", "TEC02", "TEC03", "TEC07"})
_COMPTE = frozenset({"TEC04", "TEC06"})
_REFUSES: frozenset[object] = frozenset(
    {ResultatPec.REFUSE, ResultatPec.REFUSEE, ResultatAnnulation.REFUSEE, ResultatPieces.REFUSEES, ResultatLot.REJETE}
)
_ETATS = frozenset({Operation.ETAT_PEC, Operation.ETAT_LOT, Operation.ETAT_FACTURE})


def by_code(detail: Detail, attente: timedelta | None = None) -> Outcome:
    """What a typed fault comes to, by its canonical code."""
    if detail.code in _PAS_MAINTENANT:
        return NotNow(table()[detail.code].libelle, attente)
    if detail.code in _COMPTE:
        return NotYou(raison_compte(detail.regle), f"{detail.code} {detail.regle}")
    return Refus(nature((detail.motif,)), (detail.motif,))


def raison_compte(regle: str) -> RaisonCompte:
    """COMPTE_VERROUILLE -> VERROUILLE, AUTH_EXPIRE as its table says; a rule we do not know is REFUSE."""
    known = causes.raison(regle)
    if known is not None:
        return known
    try:
        return RaisonCompte(regle.removeprefix("COMPTE_").lower())
    except ValueError:
        return RaisonCompte.REFUSE


def outcome_of(operation: Operation, reponse: Reponse) -> Outcome:
    """Answer, or Refus for a business *no*, or NotNow for *unavailable*.

    The answer to a question about a state is an Answer even when the state is a refusal, and so is a rights check: it
    answers what was asked.
    """
    if isinstance(reponse, Indisponible):
        attente = None if reponse.reessayer_apres_s is None else timedelta(seconds=reponse.reessayer_apres_s)
        return NotNow(reponse.motif.libelle, attente)
    if not isinstance(reponse, PecReponse | AnnulationReponse | PiecesReponse | LotReponse) or operation in _ETATS:
        return Answer(reponse)
    if reponse.resultat not in _REFUSES:
        return Answer(reponse)
    return Refus(nature(reponse.motifs), reponse.motifs, reponse)


def retry_after(reponse: HttpResponse) -> timedelta | None:
    """Retry-After in both its forms. A date counts from the reply's own Date header, since a codec has no clock."""
    valeur = (header(reponse.headers, "retry-after") or "").strip()
    if valeur.isascii() and valeur.isdigit():
        return timedelta(seconds=min(int(valeur[:10]), 366 * 86400))
    try:
        ecart = parsedate_to_datetime(valeur) - parsedate_to_datetime(header(reponse.headers, "date") or "")
    except (ValueError, TypeError):
        return None
    return max(ecart, timedelta(0))


def fault_code(fault: etree._Element) -> tuple[str, str]:
    """(local name of the deepest code, reason) of a 1.1 or 1.2 fault."""
    codes = [e.text or "" for e in fault.iter("faultcode", f"{{{soap.SOAP12}}}Value")]
    textes = [e.text or "" for e in fault.iter("faultstring", f"{{{soap.SOAP12}}}Text")]
    locaux = [code.strip().rpartition(":")[2] for code in codes]
    known = next((code for code in locaux if code in WSS_CODES), locaux[0] if locaux else "")
    return known.partition(".")[0], (textes[0] if textes else "")[:200]


def fault_detail(fault: etree._Element) -> list[etree._Element]:
    return [enfant for detail in fault.iter("detail", f"{{{soap.SOAP12}}}Detail") for enfant in detail]
