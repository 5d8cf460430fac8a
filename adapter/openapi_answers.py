"""JSON schemas of what the shop API answers, for openapi_source.py. A test checks real answers against them."""

from __future__ import annotations

from typing import Any, Final

from tierspayant.adapter.entry import Etat, Geste
from tierspayant.adapter.money import CATEGORIES
from tierspayant.schemas.messages import TypeRetour
from tierspayant.schemas.operations import Operation, Service

TEXTE: Final[dict[str, Any]] = {"type": "string"}
NUL: Final[dict[str, Any]] = {"type": ["string", "null"]}
INSTANT: Final[dict[str, Any]] = {"type": ["string", "null"], "format": "date-time"}
JOUR: Final[dict[str, Any]] = {"type": ["string", "null"], "format": "date"}
ENTIER: Final[dict[str, Any]] = {"type": "integer"}
ENTIER_NUL: Final[dict[str, Any]] = {"type": ["integer", "null"]}

DEMANDE_OPERATIONS: Final = (
    Operation.DROITS,
    Operation.DEVIS,
    Operation.PEC,
    Operation.FACTURE,
    Operation.PIECES,
    Operation.ANNULATION_PEC,
    Operation.ANNULATION_FACTURE,
)


def _ref(nom: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{nom}"}


def _object(proprietes: dict[str, Any], requis: tuple[str, ...] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(proprietes if requis is None else requis),
        "properties": proprietes,
    }


def _page(nom: str) -> dict[str, Any]:
    return _object({"elements": {"type": "array", "items": _ref(nom)}, "suivant": NUL})


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_PARTS: Final = dict.fromkeys(("amo_centimes", "amc_centimes", "reste_a_charge_centimes"), ENTIER)

_COMMUN: Final[dict[str, Any]] = {
    "id": TEXTE,
    "dossier": NUL,
    "reference": TEXTE,
    "operation": {"enum": [une.value for une in DEMANDE_OPERATIONS]},
    "plateforme": TEXTE,
    "organisme": NUL,
    "equipement": ENTIER_NUL,
    "etat": {"enum": [etat.value for etat in Etat]},
    "resultat": NUL,
    "montants": _or_null(_ref("MontantsReponse")),
    "calcul": {"type": ["array", "null"], "description": "How each line was worked out, when the platform said."},
    "motifs": {"type": "array", "items": _ref("MotifReponse")},
    "action": _or_null(_ref("ActionReponse")),
    "conseil": {**TEXTE, "description": "What to tell the customer, in French (or ?langue=en)."},
    "cree_le": INSTANT,
    "maj_le": INSTANT,
    "tentatives": ENTIER,
    "remplace": NUL,
}
_SELON: Final[dict[str, Any]] = {
    "fermee_depuis": {**INSTANT, "description": "While waiting: since when the service is shut."},
    "prochaine_tentative": INSTANT,
    "droits": {"type": ["object", "null"]},
    "libelle_organisme": NUL,
    "releve_le": INSTANT,
    "dernier_connu": {"type": ["object", "null"], "description": "Rights: the last known answer, with its date."},
    "expire_le": INSTANT,
    "numero_pec": NUL,
    "numero_devis": NUL,
    "etat_plateforme": {**NUL, "description": "The platform's own label."},
    "valide_au": JOUR,
    "facturable_jusqu_au": JOUR,
    "pieces_demandees": {"type": "array", "items": TEXTE},
    "pec": {**NUL, "description": "Invoice: id of its PEC request."},
    "numero_facture": NUL,
    "amc_centimes": ENTIER_NUL,
    "paye_centimes": ENTIER_NUL,
    "cible": NUL,
    "numero": NUL,
}
"""Fields that only some operations or states have."""

ANSWERS: Final[dict[str, Any]] = {
    "Demande": _object({**_COMMUN, **_SELON}, tuple(_COMMUN)),
    "Demandes": _page("Demande"),
    "Dossier": _object(
        {
            "dossier": TEXTE,
            "avance_client": {"type": "boolean"},
            "demandes": {"type": "array", "items": _ref("Demande")},
            "releve_le": INSTANT,
        }
    ),
    "MontantsReponse": _object(
        {
            "total_centimes": ENTIER,
            **_PARTS,
            "lignes": {"type": "array", "items": _object({"numero": ENTIER, **_PARTS})},
        }
    ),
    "MotifReponse": _object({"code": TEXTE, "code_plateforme": TEXTE, "libelle": TEXTE, "champ": NUL}),
    "ActionReponse": _object(
        {
            "raison": TEXTE,
            "gestes": {"type": "array", "items": {"enum": [geste.value for geste in Geste]}},
            "detail": NUL,
            "numeros": {"type": "array", "items": TEXTE},
        }
    ),
    "Appel": _object(
        {
            "demande": TEXTE,
            "reference": TEXTE,
            "dossier": NUL,
            "operation": TEXTE,
            "plateforme": TEXTE,
            "organisme": NUL,
            "attend_depuis": INSTANT,
            "age_jours": ENTIER,
            "total_centimes": {**ENTIER_NUL, "description": "Price of the equipment; null for an operator's key."},
            "amc_centimes": ENTIER_NUL,
            "client": {"type": ["object", "null"], "description": "Name and first name; null for an operator's key."},
        }
    ),
    "Appels": _page("Appel"),
    "Avance": _object(
        {
            "dossier": TEXTE,
            "active": {"type": "boolean"},
            "cree_le": INSTANT,
            "annule_le": INSTANT,
            "acompte_centimes": ENTIER_NUL,
            "total_centimes": ENTIER_NUL,
            "reste_a_payer_centimes": ENTIER_NUL,
            "retirees": {"type": "array", "items": TEXTE},
            "annulations": {
                "type": "array",
                "items": _object({"id": TEXTE, "reference": TEXTE, "etat": TEXTE, "resultat": NUL}),
            },
            "a_verifier": {"type": "array", "items": TEXTE},
            "conseil": TEXTE,
            "recu": TEXTE,
        }
    ),
    "Actions": _object(
        {
            "faites": {"type": "array", "items": _object({"id": TEXTE, "reference": TEXTE, "etat": TEXTE})},
            "refusees": {"type": "array", "items": _object({"id": TEXTE, "code": TEXTE, "detail": TEXTE})},
        }
    ),
    "PlateformeService": _object(
        {
            "plateforme": TEXTE,
            "service": {"enum": [service.value for service in Service]},
            "etat": {"enum": ["ouvert", "ferme", "sonde", "retenu"]},
            "depuis": INSTANT,
            "prochain_essai": INSTANT,
            "en_pause": {"type": "boolean"},
            "message": NUL,
            "compte": _object({"etat": {"enum": ["utilisable", "retenu"]}, "raison": NUL, "depuis": INSTANT}),
            "conseil": TEXTE,
        }
    ),
    "Plateformes": _page("PlateformeService"),
    "EncoursLigne": _object(
        {
            "plateforme": TEXTE,
            "organisme": NUL,
            "etat": TEXTE,
            "resultat": NUL,
            "nombre": ENTIER,
            "inconnus": ENTIER,
            "amc_centimes": ENTIER,
            "paye_centimes": ENTIER,
            "attendu_centimes": ENTIER,
            "plus_ancienne": INSTANT,
            "age_jours": ENTIER,
        }
    ),
    "Encours": _object(
        {
            "releve_le": INSTANT,
            "nombre": ENTIER,
            "inconnus": ENTIER,
            "amc_centimes": ENTIER,
            "paye_centimes": ENTIER,
            "elements": {"type": "array", "items": _ref("EncoursLigne")},
            "suivant": NUL,
            "categories": _object({nom: _ref("EncoursSomme") for nom in CATEGORIES}),
            "anciennete": {
                "type": "array",
                "items": {"allOf": [_ref("EncoursSomme"), _object({"depuis_jours": ENTIER})]},
            },
            "retours_sans_facture": _object({"nombre": ENTIER, "paye_centimes": ENTIER}),
        }
    ),
    "EncoursSomme": _object(
        dict.fromkeys(("nombre", "inconnus", "amc_centimes", "paye_centimes", "attendu_centimes"), ENTIER)
    ),
    "Paiement": _object(
        {
            "plateforme": TEXTE,
            "magasin": TEXTE,
            "bordereau": TEXTE,
            "rang": ENTIER,
            "emis_le": TEXTE,
            "reference_virement": NUL,
            "organisme": NUL,
            "type": {"enum": [un.value for un in TypeRetour]},
            "numero_facture": TEXTE,
            "reference": NUL,
            "numero_pec": NUL,
            "demande_centimes": ENTIER,
            "paye_centimes": {**ENTIER, "description": "Negative when claimed back."},
            "ecart_centimes": ENTIER,
            "motifs": {"type": "array", "items": _object({"code": TEXTE, "libelle": TEXTE})},
            "rapproche": {"type": "boolean", "description": "Whether it matches an invoice of this shop."},
            "demande": NUL,
            "recu_le": INSTANT,
        }
    ),
    "Paiements": _page("Paiement"),
    "Evenement": _object({"id": TEXTE, "type": TEXTE, "a": INSTANT, "demande": NUL}),
    "Evenements": _page("Evenement"),
    "Sante": _object({"etat": TEXTE, "raison": TEXTE}, ("etat",)),
}
