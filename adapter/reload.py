"""What may change while the daemon runs: the payer directory, shops and keys. Read anew on the operator's word.

A file that does not check leaves everything as it was. Platforms, addresses and limits are read at start only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tierspayant.adapter import annuaire, config
from tierspayant.adapter.annuaire import Annuaire


@dataclass(slots=True)
class Vivant:
    """The configuration in force and the directory in force."""

    configuration: config.Configuration
    annuaire: Annuaire

    def magasins(self) -> Mapping[str, str]:
        """FINESS by shop id."""
        return finess(self.configuration)


def finess(configuration: config.Configuration) -> Mapping[str, str]:
    return {nom: magasin.finess for nom, magasin in configuration.reglages.magasins.items()}


def load(configuration: config.Configuration) -> Vivant:
    """Raises AnnuaireInvalide."""
    reglages = configuration.reglages
    lu = annuaire.lire(configuration.chemin(reglages.annuaire), frozenset(reglages.plateformes))
    return Vivant(configuration, lu)


def again(vivant: Vivant, apply: Callable[[Vivant], None]) -> None:
    """Read both files again and put them in force. Raises ConfigInvalide or AnnuaireInvalide, changing nothing."""
    neuve = config.charger(vivant.configuration.fichier)
    lu = annuaire.lire(neuve.chemin(neuve.reglages.annuaire), frozenset(vivant.configuration.reglages.plateformes))
    vivant.configuration, vivant.annuaire = neuve, lu
    apply(vivant)
