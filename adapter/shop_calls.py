"""What every shop API call shares: who calls, which route, typed queries, and the wait for a change.

Routes are a table; a handler is an `async def` from a Visite to an answer. Anything refused is raised as Refuse and
rendered in one place (shop_api.py).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from tierspayant.adapter.conseil import Langue
from tierspayant.adapter.keys import CleApi, Role
from tierspayant.adapter.problem import Erreur, Probleme, Refuse
from tierspayant.adapter.shop_http import Appel, Reponse

ATTENTE_MAX: Final = 60
"""Seconds a call may be kept waiting for an answer: proxies commonly cut idle calls at a minute."""

LANGUES: Final = ("fr", "en")

LISTE_MAX: Final = 500
"""Elements of one page of a list."""


@dataclass(frozen=True, slots=True)
class Visite:
    """One call by a known caller: `magasin` is the FINESS its key speaks for, None for an operator."""

    appel: Appel
    cle: CleApi
    magasin: str | None
    chemin: Mapping[str, str]
    requete: Mapping[str, str]

    @property
    def langue(self) -> Langue:
        return "en" if self.requete.get("langue") == "en" else "fr"


Traitement: TypeAlias = Callable[[Visite], Awaitable[Reponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. `requete`: query parameters it knows; `roles`: who may call it."""

    methode: str
    motif: re.Pattern[str]
    nom: str
    traitement: Traitement
    requete: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset(Role)


LECTEURS: Final = frozenset(Role)
AUTEURS: Final = frozenset({Role.MAGASIN})

IDENTIFIANT: Final = r"(?P<id>[0-9A-Za-z-]{1,64})"


def route(
    methode: str, motif: str, traitement: Traitement, requete: str = "", roles: frozenset[Role] = LECTEURS
) -> Route:
    """`motif` is a path in which {id} stands for a request's id."""
    expression = re.escape(motif).replace(r"\{id\}", IDENTIFIANT).replace(r"\{dossier\}", r"(?P<dossier>[!-~]{1,64})")
    return Route(methode, re.compile(expression), motif, traitement, frozenset(requete.split()) | {"langue"}, roles)


def query(texte: str, admis: frozenset[str]) -> Mapping[str, str]:
    """The query string as a mapping. Raises Refuse on an unknown, repeated or malformed parameter."""
    try:
        paires = parse_qsl(
            texte, keep_blank_values=True, strict_parsing=bool(texte), max_num_fields=20, errors="strict"
        )
    except (ValueError, UnicodeDecodeError):
        raise Refuse(Probleme("parametre_invalide")) from None
    noms = [nom for nom, _valeur in paires]
    inconnus = sorted(set(noms) - admis)
    if inconnus or len(set(noms)) < len(noms):
        detail = f"Paramètres admis, une fois chacun : {', '.join(sorted(admis))}."
        raise Refuse(Probleme("parametre_invalide", detail))
    asked = dict(paires)
    if asked.get("langue", "fr") not in LANGUES:
        refuse_parameter("langue", f"Le paramètre langue vaut {' ou '.join(LANGUES)}.")
    return asked


def integer(visite: Visite, nom: str, defaut: int, maximum: int, minimum: int = 0) -> int:
    """A query parameter that is a whole number from `minimum` to `maximum`."""
    texte = visite.requete.get(nom)
    if texte is None:
        return defaut
    if not re.fullmatch(r"\d{1,18}", texte) or not minimum <= int(texte) <= maximum:
        refuse_parameter(nom, f"Le paramètre {nom} est un entier de {minimum} à {maximum}.")
    return int(texte)


def page_size(visite: Visite, defaut: int = 100) -> int:
    """`limite`: elements of one page."""
    return integer(visite, "limite", defaut, LISTE_MAX, 1)


def cursor_number(visite: Visite, nom: str) -> int:
    """A cursor of ours that is a number; 0 without one."""
    texte = visite.requete.get(nom, "0")
    if not re.fullmatch(r"\d{1,18}", texte):
        refuse_parameter(nom, f"Le paramètre {nom} est le champ suivant de la réponse précédente, ou 0.")
    return int(texte)


def refuse_parameter(nom: str, detail: str) -> NoReturn:
    raise Refuse(Probleme("parametre_invalide", erreurs=(Erreur(None, f"PARAMETRE_{nom.upper()}", detail),)))


def preferred_wait(appel: Appel, defaut: int) -> int:
    """Seconds of `Prefer: wait=N`, at most ATTENTE_MAX; a header we cannot read is ignored, as RFC 7240 asks."""
    trouve = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", appel.entete("prefer") or "")
    return min(int(trouve.group(1)), ATTENTE_MAX) if trouve else defaut


class Veille:
    """Who waits for what: an entry's id, or any news of a shop. Deferreds fire once, on the next change."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._attentes: dict[str, set[Deferred[None]]] = {}

    def seconds(self) -> float:
        """Real seconds, for a wait that is counted in a person's time."""
        return self._reactor.seconds()

    def announce(self, *cles: str) -> None:
        """Something changed about these keys: entry ids, 'magasin:<finess>', 'magasins' (every shop), 'tous'."""
        concernees = set(cles)
        if "magasins" in concernees:
            concernees |= {cle for cle in self._attentes if cle.startswith("magasin:")}
        for cle in concernees:
            for attente in self._attentes.pop(cle, set()):
                if not attente.called:
                    attente.callback(None)

    def close(self) -> None:
        self.announce(*list(self._attentes))

    async def change(
        self,
        cle: str,
        secondes: float,
        partie: Deferred[None] | None = None,
        deja: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Return at the next change of that key, after so many seconds, or when the caller hangs up.

        `deja` looks, once the wait is registered, whether the change came in between: then there is no wait.
        """
        attente: Deferred[None] = Deferred()
        self._attentes.setdefault(cle, set()).add(attente)
        if deja is not None and await deja():
            _fire(attente)
        reveil = self._reactor.callLater(max(0.0, secondes), _fire, attente)
        if partie is not None:
            _ = partie.addCallback(lambda _rien: _fire(attente))
        try:
            await attente
        finally:
            if reveil.active():
                reveil.cancel()
            restantes = self._attentes.get(cle, set())
            restantes.discard(attente)
            if not restantes:
                self._attentes.pop(cle, None)


def _fire(attente: Deferred[None]) -> None:
    if not attente.called:
        attente.callback(None)


def page(elements: list[dict[str, Any]], suivant: str | None) -> dict[str, Any]:
    """The shape of every list."""
    return {"elements": elements, "suivant": suivant}
