"""Rotation of the master key, beside a running daemon or without one.

    1  the key file holds the new key and the former one, the new one first     (durable, before anything uses it)
    2  new data keys are wrapped with the new key                               (inside the writer, between two works)
    3  each older data key is wrapped again, some hundreds in a transaction     (other work goes in between)
    4  nothing is wrapped with the former key any more: the key file drops it

A crash anywhere leaves a key file under which everything opens; running it again goes on with the same new key. In
memory the former key stays until the daemon stops: a reader may still hold a row from before. Several daemons on one
database each have their own key file and their own memory, so there it wants all of them stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tierspayant.adapter import master_key
from tierspayant.adapter.config_edit import write_file
from tierspayant.adapter.storage.protocol import Storage, StorageError, Tables
from tierspayant.adapter.vault import Vault

BATCH: Final = 200
"""Data keys of one transaction: some milliseconds, so that a shop's request in between does not wait."""


class RotationRefused(Exception):
    """Nothing was done; the text is a French sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """wrapped: data keys wrapped again. resumed: an earlier rotation was finished instead of beginning another."""

    wrapped: int
    resumed: bool


@dataclass(slots=True)
class Rotation:
    """`partage`: other daemons may use this database."""

    storage: Storage
    vault: Vault
    file: Path
    partage: bool = False
    _running: bool = field(default=False)

    async def run(self) -> Rotated:
        """Raises RotationRefused, MasterKeyUnreadable, OSError (the key file cannot be written), StorageError."""
        if self.partage:
            raise RotationRefused(
                "plusieurs démons peuvent partager cette base : arrêtez-les tous, lancez key rotate, "
                "copiez le fichier de clé sur chaque machine, puis redémarrez-les"
            )
        if master_key.locate(self.file) != self.file:
            raise RotationRefused(
                f"la clé maître vient d'un credential de systemd, que tp-adapter ne peut pas remplacer : copiez-la "
                f"dans {self.file}, lancez key rotate, puis donnez ce fichier à systemd"
            )
        if self._running:
            raise RotationRefused("une rotation de la clé maître est déjà en cours")
        self._running = True
        try:
            return await self._rotate()
        finally:
            self._running = False

    async def _rotate(self) -> Rotated:
        ring = master_key.read(self.file)
        resumed = len(ring.keys) > 1
        if not resumed:
            ring = ring.rotated()
            write_file(self.file, ring.text())
        await self.storage.write(lambda _tables: self.vault.adopt(ring.keys, ring.current))
        wrapped, behind = 0, partial(_behind, current=ring.current)
        old = await self.storage.read(behind)
        for start in range(0, len(old), BATCH):
            wrapped += await self.storage.write(partial(self.vault.rewrap, only=old[start : start + BATCH]))
        if await self.storage.read(behind):
            raise StorageError("data keys of the former master key are left: the key file keeps both, rotate again")
        write_file(self.file, ring.current_only().text())
        return Rotated(wrapped, resumed)


def _behind(tables: Tables, *, current: str) -> list[str]:
    """Ids of the data keys that a former master key wraps."""
    return [key.id for key in tables.data_keys() if key.maitre != current]
