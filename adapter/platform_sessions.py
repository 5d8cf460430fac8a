"""Sessions that some platforms ask for: opened with a second factor, its token added to each attempt's business header.

    totp   the daemon makes the code itself (the account's TOTP secret)
    code   the platform sends a code to the shop; somebody types it (`tp-adapter code`), nobody else can

A token serves until the platform says that it no longer does (AUTH_SESSION, nothing was done): the session is then
opened anew and the same business bytes go again. Tokens survive a restart in a file of mode 0600, since a new code from
a person at each restart would be one too many.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from tierspayant.adapter.config_edit import write_file
from tierspayant.adapter.identity import CompteInutilisable, Identite
from tierspayant.adapter.log_ins import Exchanged, Key
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.schemas.messages import OuvrirSessionDemande, SessionReponse
from tierspayant.schemas.outcomes import Answer, AnswerUnknown, NotNow, NotSent, NotYou, Outcome, RaisonCompte
from tierspayant.schemas.security.splice import with_header_field
from tierspayant.schemas.wire import HttpRequest

log = Logger()

Open = Callable[[OuvrirSessionDemande], Awaitable[Outcome]]
Once = Callable[[HttpRequest], Awaitable[Exchanged]]


@dataclass(slots=True)
class Jetons:
    """The sessions that are open. `fichier`: where tokens are kept between two runs; None keeps them in memory only."""

    identite: Identite
    fichier: Path | None = None
    _jetons: dict[str, str] = field(default_factory=dict)
    _codes: dict[Key, str] = field(default_factory=dict)
    _opening: dict[Key, list[Deferred[Outcome | None]]] = field(default_factory=dict)

    def load(self) -> None:
        """Read the tokens of the former run; a file that is not there or not ours only means opening anew."""
        try:
            kept = json.loads(self.fichier.read_text(encoding="utf-8")) if self.fichier else {}
        except (OSError, ValueError):
            return
        if isinstance(kept, dict):
            self._jetons = {str(nom): str(jeton) for nom, jeton in kept.items()}

    def give_code(self, key: Key, code: str) -> None:
        """The code a person received: the next opening uses it, once."""
        self._codes[key] = code

    async def through(
        self, plateforme: Plateforme, magasin: str, requete: HttpRequest, once: Once, open_: Open
    ) -> Exchanged:
        """The exchange of `requete` with a token, in a session opened first if need be."""
        key = (plateforme.nom, magasin)
        while True:
            jeton = self._jetons.get(_named(key))
            if jeton is None:
                refused = await self._opened(key, plateforme.session, open_)
                if refused is not None:
                    return requete, None, refused
                continue
            body = with_header_field(requete.body, "jetonSession", jeton)
            exchanged = await once(replace(requete, body=body))
            if not _lost(exchanged[2]):
                return exchanged
            if self._jetons.get(_named(key)) == jeton:
                self._keep(key, None)

    async def _opened(self, key: Key, session: str, open_: Open) -> Outcome | None:
        """None when a session is open now; one opening at a time, whose result all who wait share."""
        waiting = self._opening.get(key)
        if waiting is not None:
            told: Deferred[Outcome | None] = Deferred()
            waiting.append(told)
            return await told
        self._opening[key] = []
        refused: Outcome | None = NotSent("session")
        try:
            refused = await self._open(key, session, open_)
        finally:
            for one in self._opening.pop(key):
                one.callback(refused)
        return refused

    async def _open(self, key: Key, session: str, open_: Open) -> Outcome | None:
        try:
            code = self.identite.totp(*key) if session == "totp" else self._codes.pop(key, None)
            identifiant = self.identite.utilisateur(*key)
        except CompteInutilisable as erreur:
            return NotYou(erreur.raison, erreur.cause)
        match await open_(OuvrirSessionDemande(identifiant=identifiant, code=code)):
            case Answer(reponse=SessionReponse(jeton=jeton)):
                self._keep(key, jeton)
                return None
            case NotSent() | NotNow() | NotYou() as outcome:
                return outcome
            case AnswerUnknown(cause=cause):
                return NotSent(f"session: {cause}")
            case other:
                return NotYou(RaisonCompte.REFUSE, f"session: {type(other).__name__}")

    def _keep(self, key: Key, jeton: str | None) -> None:
        if jeton is None:
            self._jetons.pop(_named(key), None)
        else:
            self._jetons[_named(key)] = jeton
        if self.fichier is not None:
            try:
                write_file(self.fichier, json.dumps(self._jetons) + "\n")
            except OSError:
                log.warn("open sessions could not be written down; a restart opens them anew")  # noqa: G010 - Twisted's own name


def _named(key: Key) -> str:
    return "|".join(key)


def _lost(outcome: Outcome) -> bool:
    """The platform knows no session of that token (any more); it did nothing."""
    return isinstance(outcome, NotYou) and outcome.cause.endswith("AUTH_SESSION")
