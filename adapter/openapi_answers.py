"""JSON schemas of what the shop API answers, for openapi_source.py. A test checks real answers against them."""

from __future__ import annotations

from typing import Any, Final

from tierspayant.adapter.entry import Etat, Geste
from tierspayant.adapter.money import CATEGORIES
from tierspayant.schemas.messages import TypeRetour
from tierspayant.schemas.operations import Operation, Service

TEXT: Final[dict[str, Any]] = {"type": "string"}
OR_NULL: Final[dict[str, Any]] = {"type": ["string", "null"]}
INSTANT: Final[dict[str, Any]] = {"type": ["string", "null"], "format": "date-time"}
DAY: Final[dict[str, Any]] = {"type": ["string", "null"], "format": "date"}
INTEGER: Final[dict[str, Any]] = {"type": "integer"}
INTEGER_OR_NULL: Final[dict[str, Any]] = {"type": ["integer", "null"]}

DEMANDE_OPERATIONS: Final = (
    Operation.DROITS,
    Operation.DEVIS,
    Operation.PEC,
    Operation.FACTURE,
    Operation.PIECES,
    Operation.ANNULATION_PEC,
    Operation.ANNULATION_FACTURE,
)


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Any], required: tuple[str, ...] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(properties if required is None else required),
        "properties": properties,
    }


def _page(name: str) -> dict[str, Any]:
    return _object({"elements": {"type": "array", "items": _ref(name)}, "suivant": OR_NULL})


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_PARTS: Final = dict.fromkeys(("amo_centimes", "amc_centimes", "reste_a_charge_centimes"), INTEGER)

_COMMON: Final[dict[str, Any]] = {
    "id": TEXT,
    "dossier": OR_NULL,
    "reference": TEXT,
    "operation": {"enum": [une.value for une in DEMANDE_OPERATIONS]},
    "plateforme": TEXT,
    "organisme": OR_NULL,
    "equipement": INTEGER_OR_NULL,
    "etat": {"enum": [etat.value for etat in Etat]},
    "resultat": OR_NULL,
    "montants": _or_null(_ref("MontantsReponse")),
    "calcul": {"type": ["array", "null"], "description": "How each line was worked out, when the platform said."},
    "motifs": {"type": "array", "items": _ref("MotifReponse")},
    "action": _or_null(_ref("ActionReponse")),
    "conseil": {**TEXT, "description": "What to tell the customer, in French (or ?langue=en)."},
    "cree_le": INSTANT,
    "maj_le": INSTANT,
    "tentatives": INTEGER,
    "remplace": OR_NULL,
}
_SOMETIMES: Final[dict[str, Any]] = {
    "fermee_depuis": {**INSTANT, "description": "While waiting: since when the service is shut."},
    "prochaine_tentative": INSTANT,
    "droits": {"type": ["object", "null"]},
    "libelle_organisme": OR_NULL,
    "releve_le": INSTANT,
    "dernier_connu": {"type": ["object", "null"], "description": "Rights: the last known answer, with its date."},
    "expire_le": INSTANT,
    "numero_pec": OR_NULL,
    "numero_devis": OR_NULL,
    "etat_plateforme": {**OR_NULL, "description": "The platform's own label."},
    "valide_au": DAY,
    "facturable_jusqu_au": DAY,
    "pieces_demandees": {"type": "array", "items": TEXT},
    "pec": {**OR_NULL, "description": "Invoice: id of its PEC request."},
    "numero_facture": OR_NULL,
    "numero_lot": OR_NULL,
    "amc_centimes": INTEGER_OR_NULL,
    "paye_centimes": INTEGER_OR_NULL,
    "cible": OR_NULL,
    "numero": OR_NULL,
}
"""Fields that only some operations or states have."""

ANSWERS: Final[dict[str, Any]] = {
    "Demande": _object({**_COMMON, **_SOMETIMES}, tuple(_COMMON)),
    "Demandes": _page("Demande"),
    "Dossier": _object(
        {
            "dossier": TEXT,
            "avance_client": {"type": "boolean"},
            "demandes": {"type": "array", "items": _ref("Demande")},
            "releve_le": INSTANT,
        }
    ),
    "MontantsReponse": _object(
        {
            "total_centimes": INTEGER,
            **_PARTS,
            "lignes": {"type": "array", "items": _object({"numero": INTEGER, **_PARTS})},
        }
    ),
    "MotifReponse": _object({"code": TEXT, "code_plateforme": TEXT, "libelle": TEXT, "champ": OR_NULL}),
    "ActionReponse": _object(
        {
            "raison": TEXT,
            "gestes": {"type": "array", "items": {"enum": [geste.value for geste in Geste]}},
            "detail": OR_NULL,
            "numeros": {"type": "array", "items": TEXT},
        }
    ),
    "Appel": _object(
        {
            "demande": TEXT,
            "reference": TEXT,
            "dossier": OR_NULL,
            "operation": TEXT,
            "plateforme": TEXT,
            "organisme": OR_NULL,
            "attend_depuis": INSTANT,
            "age_jours": INTEGER,
            "total_centimes": {**INTEGER_OR_NULL, "description": "Price of the equipment; null for an operator's key."},
            "amc_centimes": INTEGER_OR_NULL,
            "client": {"type": ["object", "null"], "description": "Name and first name; null for an operator's key."},
        }
    ),
    "Appels": _page("Appel"),
    "Avance": _object(
        {
            "dossier": TEXT,
            "active": {"type": "boolean"},
            "cree_le": INSTANT,
            "annule_le": INSTANT,
            "acompte_centimes": INTEGER_OR_NULL,
            "total_centimes": INTEGER_OR_NULL,
            "reste_a_payer_centimes": INTEGER_OR_NULL,
            "retirees": {"type": "array", "items": TEXT},
            "annulations": {
                "type": "array",
                "items": _object({"id": TEXT, "reference": TEXT, "etat": TEXT, "resultat": OR_NULL}),
            },
            "a_verifier": {"type": "array", "items": TEXT},
            "conseil": TEXT,
            "recu": TEXT,
        }
    ),
    "Actions": _object(
        {
            "faites": {"type": "array", "items": _object({"id": TEXT, "reference": TEXT, "etat": TEXT})},
            "refusees": {"type": "array", "items": _object({"id": TEXT, "code": TEXT, "detail": TEXT})},
        }
    ),
    "PlateformeService": _object(
        {
            "plateforme": TEXT,
            "service": {"enum": [service.value for service in Service]},
            "etat": {"enum": ["ouvert", "ferme", "sonde", "retenu"]},
            "depuis": INSTANT,
            "prochain_essai": INSTANT,
            "en_pause": {"type": "boolean"},
            "message": OR_NULL,
            "compte": _object({"etat": {"enum": ["utilisable", "retenu"]}, "raison": OR_NULL, "depuis": INSTANT}),
            "conseil": TEXT,
        }
    ),
    "Plateformes": _page("PlateformeService"),
    "EncoursLigne": _object(
        {
            "plateforme": TEXT,
            "organisme": OR_NULL,
            "etat": TEXT,
            "resultat": OR_NULL,
            "nombre": INTEGER,
            "inconnus": INTEGER,
            "amc_centimes": INTEGER,
            "paye_centimes": INTEGER,
            "attendu_centimes": INTEGER,
            "plus_ancienne": INSTANT,
            "age_jours": INTEGER,
        }
    ),
    "Encours": _object(
        {
            "releve_le": INSTANT,
            "nombre": INTEGER,
            "inconnus": INTEGER,
            "amc_centimes": INTEGER,
            "paye_centimes": INTEGER,
            "elements": {"type": "array", "items": _ref("EncoursLigne")},
            "suivant": OR_NULL,
            "categories": _object({name: _ref("EncoursSomme") for name in CATEGORIES}),
            "anciennete": {
                "type": "array",
                "items": {"allOf": [_ref("EncoursSomme"), _object({"depuis_jours": INTEGER})]},
            },
            "retours_sans_facture": _object({"nombre": INTEGER, "paye_centimes": INTEGER}),
        }
    ),
    "EncoursSomme": _object(
        dict.fromkeys(("nombre", "inconnus", "amc_centimes", "paye_centimes", "attendu_centimes"), INTEGER)
    ),
    "Paiement": _object(
        {
            "plateforme": TEXT,
            "magasin": TEXT,
            "bordereau": TEXT,
            "rang": INTEGER,
            "emis_le": TEXT,
            "reference_virement": OR_NULL,
            "organisme": OR_NULL,
            "type": {"enum": [un.value for un in TypeRetour]},
            "numero_facture": TEXT,
            "reference": OR_NULL,
            "numero_pec": OR_NULL,
            "demande_centimes": INTEGER,
            "paye_centimes": {**INTEGER, "description": "Negative when claimed back."},
            "ecart_centimes": INTEGER,
            "motifs": {"type": "array", "items": _object({"code": TEXT, "libelle": TEXT})},
            "rapproche": {"type": "boolean", "description": "Whether it matches an invoice of this shop."},
            "demande": OR_NULL,
            "recu_le": INSTANT,
        }
    ),
    "Paiements": _page("Paiement"),
    "Evenement": _object({"id": TEXT, "type": TEXT, "a": INSTANT, "demande": OR_NULL}),
    "Evenements": _page("Evenement"),
    "Sante": _object({"etat": TEXT, "raison": TEXT}, ("etat",)),
}
