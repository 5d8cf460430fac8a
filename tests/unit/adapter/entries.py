"""Entries for the tests of the pure modules."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.policy import Cadre
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Traits
from tierspayant.schemas.soap import SoapVersion

NOW = dt.datetime(2024, 2, 10, 9, 0, tzinfo=dt.UTC)
GRACE = dt.timedelta(minutes=2)


def entry(nom: str = "A", **changes: Any) -> Entry:
    return Entry(
        **{
            "id": f"id-{nom}",
            "id_message": f"message-{nom}",
            "magasin": "759999014",
            "operation": Operation.PEC,
            "reference": nom,
            "dossier": "D-1",
            "equipement": 1,
            "plateforme": "p",
            "organisme": "M011",
            "cree_le": NOW,
            "maj_le": NOW,
            "du_le": NOW,
            **changes,
        }
    )


def sending(**changes: Any) -> Entry:
    return entry(**{"etat": Etat.ENVOI, "du_le": None, "envoye_le": NOW, "tentatives": 1, **changes})


def traits(**changes: Any) -> Traits:
    return Traits(
        **{
            "dedoublonnage": True,
            "doublon_pec": False,
            "recherche_par_reference": True,
            "un_equipement_par_demande": False,
            "lots": False,
            "organisme_choisi": True,
            "version_soap": SoapVersion.V11,
            **changes,
        }
    )


def cadre(*dossier: Entry, now: dt.datetime = NOW, **changes: Any) -> Cadre:
    return Cadre(**{"now": now, "traits": traits(), "delai_traitement": GRACE, "dossier": dossier, **changes})
