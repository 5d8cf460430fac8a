"""How a client behaves, measured from the journal by SQL (mesures.sql): nothing is counted while it runs.

    reprises             attempts beyond the first of a message, and their share of all attempts
    pauses, gigue        the pause before the 1st, 2nd ... retry; jitter: standard deviation / mean, over the ranks
    retry_after          answers that said when to come back, and how many next attempts waited that long
    ordre                writes answered, and those that a younger one of the same service overtook
    recolte              rights checks and quotes for each invoice taken
    doublons_tentes      a PEC or invoice already taken, asked again under another idMessage

Time is the session's own clock. What never reached a platform (a refused connection) is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from tierspayant.emulator.journal import FileJournal, Journal, JournalFile
from tierspayant.emulator.toml_data import Plain

_MARK = "-- name: "


@cache
def questions() -> Mapping[str, str]:
    """The SQL of each meter, by name."""
    text = files(__package__).joinpath("mesures.sql").read_text(encoding="utf-8")
    parts = (part.partition("\n") for part in text.split(_MARK)[1:])
    return {nom.strip(): sql for nom, _, sql in parts}


def measure(journal: Journal) -> Plain:
    """The meters of one session. A journal that is no file is copied to a temporary one first."""
    if isinstance(journal, FileJournal):
        return _measured(journal)
    with closing(JournalFile("", lambda: datetime.now(UTC))) as file:
        return _measured(file.of_copy(journal))


def _measured(journal: FileJournal) -> Plain:
    found: dict[str, list[Any]] = {nom: journal.rows(sql) for nom, sql in questions().items()}
    [(attempts, messages)], [(told, waited)] = found["essais"], found["attentes"]
    [(writes, late)], [(rights, quotes, sales)], [(doubles,)] = found["ordre"], found["recolte"], found["doublons"]
    pauses = [_pause(*row) for row in found["pauses"]]
    return {
        "essais": attempts,
        "messages": messages,
        "reprises": attempts - messages,
        "taux_reprises": _share(attempts - messages, attempts),
        "pauses": pauses,
        "gigue": _jitter(pauses),
        "retry_after": {"annonces": told, "respectes": waited, "taux": _share(waited, told)},
        "ordre": {"ecritures": writes, "depassees": late},
        "recolte": {
            "droits": rights,
            "devis": quotes,
            "ventes": sales,
            "droits_par_vente": _share(rights, sales),
            "devis_par_vente": _share(quotes, sales),
        },
        "doublons_tentes": doubles,
    }


def _pause(rang: int, nombre: int, mean: float, low: float, high: float, squares: float) -> Plain:
    return {
        "rang": rang,
        "nombre": nombre,
        "moyenne_s": round(mean, 3),
        "min_s": round(low, 3),
        "max_s": round(high, 3),
        "ecart_type_s": round(math.sqrt(max(0.0, squares - mean * mean)), 3),
    }


def _jitter(pauses: list[Plain]) -> float | None:
    """None when no rank has two retries to compare; 0 is a client that always waits the same."""
    spread = [(one["nombre"], one["ecart_type_s"] / one["moyenne_s"]) for one in pauses if _comparable(one)]
    weight = sum(nombre for nombre, _ in spread)
    return round(sum(nombre * part for nombre, part in spread) / weight, 3) if weight else None


def _comparable(one: Plain) -> bool:
    return bool(one["nombre"] > 1 and one["moyenne_s"] > 0)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
