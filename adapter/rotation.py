"""Rotation of the master key, with the daemon stopped: new key on disk first, data keys wrapped again, old key dropped.

A crash in between leaves a key file with both keys, under which everything opens; running it again finishes the work.
"""

from __future__ import annotations

from typing import Any

from tierspayant.adapter import master_key, storage_choice
from tierspayant.adapter.config import Configuration
from tierspayant.adapter.config_edit import write_file


def rotate(configuration: Configuration) -> int:
    """How many data keys were wrapped again. Raises CleMaitreIllisible, BaseOccupee, StorageError."""
    reglages = configuration.reglages
    fichier = configuration.chemin(reglages.stockage.cle_maitre_fichier)
    storage = storage_choice.open_inline(configuration, alone=True)
    try:
        trousseau = master_key.read(fichier).rotated()
        write_file(fichier, trousseau.text())
        recues: list[Any] = []
        _ = storage.write(trousseau.vault().rewrap).addBoth(recues.append)
        [combien] = recues
        if not isinstance(combien, int):
            combien.raiseException()
        write_file(fichier, trousseau.current_only().text())
    finally:
        _ = storage.close()
    return int(combien)
