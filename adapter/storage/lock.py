"""One process writes: a lock on a file beside the database, held as long as the storage is open, freed by any death."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class BaseOccupee(Exception):
    """Another process holds the database (a running daemon); talk to it through its admin API."""


class Lock:
    """Taken when made. Raises BaseOccupee."""

    def __init__(self, base: Path) -> None:
        self._descriptor = os.open(base.with_name(base.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise BaseOccupee(f"{base} is already in use by another process") from None

    def free(self) -> None:
        os.close(self._descriptor)


if sys.platform == "win32":

    def _take(descriptor: int) -> None:
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:

    def _take(descriptor: int) -> None:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
