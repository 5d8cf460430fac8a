"""From `[plateformes.<name>]` to the rows the daemon works with: the dialect's traits, own settings on top."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

import msgspec

from tierspayant.adapter.cadence import Cadence
from tierspayant.adapter.config import ConfigInvalid, Configuration, is_loopback
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.schemas import plain
from tierspayant.schemas.platforms import Traits, dialects


def rows(configuration: Configuration) -> Mapping[str, Plateforme]:
    """Every configured platform. Raises ConfigInvalide naming file, key and reason, all faults at once."""
    fautes: list[str] = []
    lues: dict[str, Plateforme] = {}
    for nom, reglee in configuration.settings.plateformes.items():
        lieu = f"{configuration.file}: plateformes.{nom}"
        if reglee.dialecte not in dialects():
            fautes.append(f"{lieu}.dialecte: no such dialect; installed: {', '.join(sorted(dialects()))}")
            continue
        try:
            traits = _traits(dialects()[reglee.dialecte].traits, reglee.traits)
        except msgspec.ValidationError as erreur:
            fautes.append(f"{lieu}.traits: {erreur}")
            continue
        lues[nom] = Plateforme(
            nom=nom,
            dialecte=reglee.dialecte,
            base=reglee.url,
            traits=traits,
            delai_appel=configuration.settings.livraison.delai_appel,
            delais_traitement=dict(reglee.delai_max_traitement),
            cadence=Cadence(reglee.cadence_max),
            taille_lot=reglee.taille_lot,
            identite=reglee.identite,
            session=reglee.session,
        )
    if fautes:
        raise ConfigInvalid(fautes)
    return lues


def _traits(traits: Traits, reglages: Mapping[str, bool | int | str]) -> Traits:
    inconnus = sorted(set(reglages) - {champ.name for champ in dataclasses.fields(Traits)})
    if inconnus:
        raise msgspec.ValidationError(f"no such trait: {', '.join(inconnus)}")
    durees = {
        nom: dt.timedelta(seconds=v) for nom, v in reglages.items() if nom.startswith("delai_") and type(v) is int
    }
    return plain.from_plain(Traits, {**plain.to_plain(traits), **reglages, **plain.to_plain(durees)})


def only_loopback(configuration: Configuration) -> bool:
    """Whether every platform is on this machine: the condition of a followed clock."""
    return all(is_loopback(une.hote) for une in configuration.settings.plateformes.values())
