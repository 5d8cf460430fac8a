"""What intake and the payer directory say of a request, for the shop: the entry, or a refusal that names its field."""

from __future__ import annotations

from tierspayant.adapter import intake
from tierspayant.adapter.annuaire import Entree
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.problem import Fault, Problem, Refusal


def received(reception: intake.Reception) -> Entry:
    """The accepted entry. Raises Refusal."""
    match reception:
        case intake.Accepted(entry) | intake.Same(entry):
            return entry
        case intake.Conflict(entry):
            error = Fault("/reference", "REFERENCE_UNIQUE", "cette référence désigne déjà une autre demande")
            raise Refusal(Problem("reference_reutilisee", faults=(error,), more={"demande": entry.id}))
        case intake.CibleInconnue("id"):
            raise Refusal(Problem("inconnu"))
        case intake.CibleInconnue(champ):
            error = Fault(f"/{champ}", "DEMANDE_INCONNUE", "aucune demande de ce magasin ne porte ce nom ou ce numéro")
            raise Refusal(Problem("pec_inconnue" if champ == "pec" else "demande_invalide", faults=(error,)))
        case intake.AutreDossier(champ):
            error = Fault(f"/{champ}", "AUTRE_DOSSIER", "cette demande est dans un autre dossier du magasin")
            raise Refusal(Problem("demande_invalide", faults=(error,)))
        case intake.NumeroPris(entry):
            why = f"ce numéro est celui de la facture « {entry.reference} » : donnez-en un autre, ou « remplace »"
            raise Refusal(Problem("demande_invalide", faults=(Fault("/numero_facture", "NUMERO_FACTURE_PRIS", why),)))
        case intake.AvanceFaite():
            raise Refusal(Problem("avance_client"))
        case intake.FilePleine(limit):
            detail = f"La file d'attente a atteint sa limite de {limit} demandes : rien n'a été enregistré."
            raise Refusal(Problem("file_pleine", detail, more={"limite": limit}, headers={"Retry-After": "300"}))


def picked(candidates: tuple[Entree, ...], plateforme: str | None, organisme: str | None) -> tuple[str, str | None]:
    """The one candidate the shop named. Raises Refusal with all of them."""
    left = [one for one in candidates if plateforme in {None, one.plateforme} and organisme in {None, one.organisme}]
    if len({(one.plateforme, one.organisme) for one in left}) == 1:
        return left[0].plateforme, left[0].organisme
    listed = [{"plateforme": one.plateforme, "organisme": one.organisme, "libelle": one.libelle} for one in candidates]
    error = Fault("/carte/numero_amc", "ANNUAIRE_AMBIGU", "plusieurs organismes correspondent à cette carte")
    raise Refusal(Problem("annuaire_ambigu", faults=(error,), more={"candidats": listed}))
