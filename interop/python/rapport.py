"""One JSON line per case: what the suite reads from every driver, whatever its language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


def egal(quoi: str, vu: object, attendu: object) -> None:
    """What the platform answered is what it must answer."""
    if vu != attendu:
        raise AssertionError(f"{quoi}: {vu!r} au lieu de {attendu!r}")


@dataclass(frozen=True)
class Rapport:
    """Runs cases and prints how each went; a case that fails does not stop the next."""

    dialecte: str

    def cas(self, chemin: str, operation: str, cas: str, appel: Callable[[], None]) -> None:
        try:
            appel()
            ok, detail = True, ""
        except Exception as erreur:  # whatever a stack raises is this case's result
            ok, detail = False, f"{type(erreur).__name__}: {erreur}"
        ligne = {"dialecte": self.dialecte, "chemin": chemin, "operation": operation, "cas": cas}
        print(json.dumps(ligne | {"ok": ok, "detail": detail[:500]}), flush=True)
