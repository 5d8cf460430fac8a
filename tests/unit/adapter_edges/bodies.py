"""The bodies of interfaces.md as JSON-able values, to be bent one field at a time."""

from __future__ import annotations

import copy
import json
from typing import Any

PEC: dict[str, Any] = json.loads("""
{ "dossier": "D-2024-0131", "reference": "D-2024-0131/PEC-1", "date_soins": "2024-01-31", "devis": null,
  "remplace": null, "livraison_prevue": "2024-02-09",
  "carte": {"numero_amc": "00990011", "type_convention": "TP", "csr": "003", "numero_adherent": "A1234567",
            "valide_du": "2024-01-01", "valide_au": "2024-12-31"},
  "assure": {"nir": "285057599900197"},
  "beneficiaire": {"date_naissance": "1985-05-12", "rang_naissance": 1, "nom": "DUPRE", "prenom": "ALICE",
                   "qualite": "assure"},
  "prescription": {"date": "2023-11-02", "type": "renouvellement", "prescripteur": "10101010105"},
  "dernier_equipement": {"date": "2021-06-15", "motif_renouvellement": null},
  "equipement": {"numero": 1, "type": "unifocal", "lignes": [
     {"numero": 1, "type": "monture", "lpp": "2299026", "classe": "B", "prix_centimes": 12000, "remise_centimes": 0,
      "quantite": 1},
     {"numero": 2, "type": "verre", "oeil": "D", "zone": "simple", "lpp": "2299121", "classe": "B",
      "prix_centimes": 9000, "remise_centimes": 0, "quantite": 1},
     {"numero": 3, "type": "verre", "oeil": "G", "zone": "simple", "lpp": "2299121", "classe": "B",
      "prix_centimes": 9000, "remise_centimes": 0, "quantite": 1}]},
  "consentement": {"donne": true, "date": "2024-01-31"} }
""")

DROITS: dict[str, Any] = {cle: PEC[cle] for cle in ("date_soins", "carte", "assure", "beneficiaire")} | {
    "reference": "DR-1"
}

FACTURE: dict[str, Any] = {
    "dossier": "D-2024-0131",
    "reference": "D-2024-0131/FAC-1",
    "pec": "D-2024-0131/PEC-1",
    "remplace": None,
    "numero_facture": "240200131",
    "date_facture": "2024-01-31",
    "date_delivrance": "2024-01-31",
}

MISSING: Any = object()
"""As a new value: take the field away."""


def bent(corps: dict[str, Any], pointer: str, valeur: Any) -> dict[str, Any]:
    """A copy of the body with another value at that JSON pointer."""
    copie = copy.deepcopy(corps)
    *chemin, dernier = pointer.strip("/").split("/")
    lieu: Any = copie
    for pas in chemin:
        lieu = lieu[int(pas) if isinstance(lieu, list) else pas]
    cle: Any = int(dernier) if isinstance(lieu, list) else dernier
    if valeur is MISSING:
        del lieu[cle]
    else:
        lieu[cle] = valeur
    return copie
