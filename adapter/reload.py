"""What may change while the daemon runs: the payer directory, shops and keys. Read anew on the operator's word.

A file that does not check leaves everything as it was. Platforms, addresses and limits are read at start only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tierspayant.adapter import annuaire, config
from tierspayant.adapter.annuaire import Annuaire


@dataclass(slots=True)
class InForce:
    """The configuration in force and the directory in force."""

    configuration: config.Configuration
    annuaire: Annuaire

    def magasins(self) -> Mapping[str, str]:
        """FINESS by shop id."""
        return finess(self.configuration)


def finess(configuration: config.Configuration) -> Mapping[str, str]:
    return {name: magasin.finess for name, magasin in configuration.settings.magasins.items()}


def load(configuration: config.Configuration) -> InForce:
    """Raises AnnuaireInvalide."""
    settings = configuration.settings
    directory = annuaire.lire(configuration.path(settings.annuaire), frozenset(settings.plateformes))
    return InForce(configuration, directory)


def again(in_force: InForce, apply: Callable[[InForce], None]) -> None:
    """Read both files again and put them in force. Raises ConfigInvalid or AnnuaireInvalide, changing nothing."""
    read = config.load(in_force.configuration.file)
    directory = annuaire.lire(read.path(read.settings.annuaire), frozenset(in_force.configuration.settings.plateformes))
    in_force.configuration, in_force.annuaire = read, directory
    apply(in_force)
