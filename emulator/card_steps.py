"""How to show what an invented person is for: the bodies a shop posts to the adapter, in order, and what to expect."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

from tierspayant.emulator import card_requests, insurers, platforms_data
from tierspayant.emulator.people import Cas, Personne
from tierspayant.emulator.toml_data import Plain
from tierspayant.schemas import plain
from tierspayant.schemas.messages import DroitsDemande, PecDemande

NOMINAL = Cas(operation="pec", attendu="accordee")
"""A card that says nothing more runs the standard file."""
_PATHS = {"droits": "/v1/droits", "devis": "/v1/devis", "pec": "/v1/pec"}


def question(person: Personne, day: dt.date, operation: str) -> DroitsDemande | PecDemande:
    """The rights check, quote or PEC request of a card, with the changes it asks for."""
    cas = person.cas or NOMINAL
    amc = next(one for one in insurers.load() if one.code == person.amc)
    chosen = platforms_data.load()[cas.plateforme or amc.plateforme].traits.organisme_choisi
    message: Any
    if operation == "droits":
        message = card_requests.rights_request(person, amc, day, chosen)
    else:
        dossier = f"D-{person.carte}"[:40]
        devis = operation == "devis"
        message = card_requests.pec_request(person, amc, day, chosen, dossier, cas.equipement, devis)
    changed: DroitsDemande | PecDemande = (
        card_requests.changed(message, cas, day) if cas.operation == operation else message
    )
    return changed


def steps(person: Personne, day: dt.date) -> list[Plain]:
    """What a shop posts, in order: method, path of the shop API, body."""
    cas = person.cas or NOMINAL
    if cas.operation in ("droits", "devis"):
        return [_step(_PATHS[cas.operation], _shop_body(question(person, day, cas.operation), person))]
    pec = question(person, day, "pec")
    assert isinstance(pec, PecDemande)
    made = [_step(_PATHS["pec"], _shop_body(pec, person))]
    if cas.operation == "pieces":
        body = base64.b64encode(b"%PDF-1.4 exemple").decode()
        one = {"type": "ordonnance", "nom": "ordonnance.pdf", "mime": "application/pdf", "base64": body}
        made.append(_step("/v1/pec/<id>/pieces", {"reference": f"{pec.dossier}/PIE-1", "pieces": [one]}))
    elif cas.operation == "annulation":
        motif = {"reference": f"{pec.dossier}/ANN-1", "motif": "client_renonce"}
        made.append(_step("/v1/pec/<id>/annulation", motif))
    elif cas.operation == "facture":
        facture = {
            "dossier": pec.dossier,
            "reference": f"{pec.dossier}/FAC-1",
            "pec": pec.reference,
            "numero_facture": f"{day:%y%m%d}001",
            "date_facture": day.isoformat(),
            "date_delivrance": day.isoformat(),
        }
        made.append(_step("/v1/factures", facture | _facture_changes(cas)))
    return made


def describe(person: Personne, day: dt.date) -> Plain:
    """A card whole: what it is for, what to post, what to expect."""
    cas = person.cas or NOMINAL
    written = {"carte": person.carte, "explication": person.explication, "etapes": steps(person, day)}
    hints = {
        "avant": cas.avant or None,
        "attendre": plain.to_plain(cas.attendre),
        "ensuite": plain.to_plain(cas.ensuite),
        "plateforme": cas.plateforme,
    }
    return written | {"attendu": cas.attendu} | {key: value for key, value in hints.items() if value is not None}


def _step(path: str, body: Plain) -> Plain:
    return {"methode": "POST", "chemin": path, "corps": body}


def _shop_body(message: DroitsDemande | PecDemande, person: Personne) -> Plain:
    body: Plain = plain.to_plain(message)
    if body.get("organisme") is None:
        body.pop("organisme", None)
    return body if "reference" in body else {"reference": f"DR-{person.carte}"[:40], **body}


def _facture_changes(cas: Cas) -> Plain:
    """The changes that are fields of the shop's invoice; others are the platform's own matter."""
    return {key: value for key, value in cas.change.items() if "." not in key and isinstance(value, str | int)}
