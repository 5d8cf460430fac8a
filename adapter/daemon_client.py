"""How a command-line verb reaches the daemon: HTTP over DIR/admin.sock, whose mode (0600) is the permission.

When no daemon runs, `local_call` answers the same calls from the database itself, under the database's lock.
"""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

DELAI = 30.0
"""Seconds: the daemon answers its operator at once; longer means that it is stuck."""


class DemonAbsent(Exception):
    """No daemon listens on this socket."""


class Refuse(Exception):
    """The daemon said no; the text is its French sentence."""


@dataclass(frozen=True, slots=True)
class Retour:
    statut: int
    document: Any


class _Connexion(http.client.HTTPConnection):
    def __init__(self, prise: Path) -> None:
        super().__init__("localhost", timeout=DELAI)
        self._prise = prise

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._prise))


def ask(prise: Path, methode: str, chemin: str, corps: object = None, **requete: str | int | None) -> Retour:
    """One call. Raises DemonAbsent, or Refuse when the answer is a problem."""
    connexion = _Connexion(prise)
    try:
        connexion.request(
            methode,
            url(chemin, requete),
            None if corps is None else json.dumps(corps).encode(),
            {"Content-Type": "application/json"},
        )
        reponse = connexion.getresponse()
        return check(reponse.status, reponse.read())
    except (FileNotFoundError, ConnectionRefusedError):
        raise DemonAbsent(str(prise)) from None
    except (OSError, http.client.HTTPException) as erreur:
        raise Refuse(f"the daemon behind {prise} does not answer: {type(erreur).__name__}") from None
    finally:
        connexion.close()


def url(chemin: str, requete: dict[str, str | int | None]) -> str:
    texte = urlencode({nom: valeur for nom, valeur in requete.items() if valeur is not None})
    return f"{chemin}?{texte}" if texte else chemin


def check(statut: int, corps: bytes) -> Retour:
    """The document of a good answer. Raises Refuse with the sentence of a problem."""
    try:
        document = json.loads(corps)
    except ValueError:
        raise Refuse(f"unreadable answer ({statut})") from None
    if statut >= 400:
        fautes = [f"{une['champ'] or ''} {une['detail']}".strip() for une in document.get("erreurs", [])]
        raise Refuse("; ".join(fautes) or document.get("detail") or document.get("raison") or f"refused ({statut})")
    return Retour(statut, document)
