"""The shop API: who may call what, and one place where a refusal becomes a problem document.

Every call but the probes carries `Authorization: Bearer <key>`. A key speaks for one shop; another shop's request is
not found, never forbidden. Handlers live in shop_api_demandes.py (requests) and shop_api_etat.py (what is going on).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NoReturn, Protocol

from tierspayant.adapter.keys import CleApi, Memoire, Role, plausible, verifier
from tierspayant.adapter.problem import Probleme, Refuse
from tierspayant.adapter.shop_calls import Route, Visite, query
from tierspayant.adapter.shop_http import Appel, Reponse, en_probleme
from tierspayant.adapter.storage.protocol import StorageError

OUVERTES: Final = frozenset({"/health/live", "/health/ready", "/metrics", "/v1/openapi.yaml", "/v1/docs"})
"""Paths without a key: probes, metrics (no shop, no person in them) and the documentation."""

PERSONNE: Final = CleApi("", Role.LECTURE, None, "")
"""Who calls an open path."""

InThread = Callable[[Callable[[], CleApi | None]], Awaitable[CleApi | None]]


class QuiAppelle(Protocol):
    async def caller(self, appel: Appel, /) -> tuple[CleApi, str | None]: ...


class Acces:
    """Who a key is. The slow hash runs in a thread; a key seen once is then recognised at once."""

    def __init__(
        self, cles: Mapping[str, CleApi], finess: Mapping[str, str], memoire: Memoire, thread: InThread
    ) -> None:
        self._cles = cles
        self._finess = finess
        self._memoire = memoire
        self._thread = thread

    def reload(self, cles: Mapping[str, CleApi], finess: Mapping[str, str]) -> None:
        self._cles, self._finess = cles, finess
        self._memoire.clear()

    async def caller(self, appel: Appel) -> tuple[CleApi, str | None]:
        """The key and the FINESS it speaks for. Raises Refuse."""
        schema, _, texte = (appel.entete("authorization") or "").partition(" ")
        texte = texte.strip()
        if schema.lower() != "bearer" or not plausible(texte, self._cles):
            _refuse_key()
        cle = self._memoire.lookup(texte)
        if cle is None:
            cles = self._cles
            cle = await self._thread(lambda: verifier(texte, cles))
            if cle is None:
                _refuse_key()
            self._memoire.add(texte, cle)
        return cle, self._finess[cle.magasin] if cle.magasin else None


def _refuse_key() -> NoReturn:
    raise Refuse(Probleme("non_authentifie", entetes={"WWW-Authenticate": 'Bearer realm="tp-adapter"'}))


class ShopApi:
    """The application behind the port: routes a call, answers it or says why not."""

    def __init__(self, acces: QuiAppelle, routes: Sequence[Route]) -> None:
        self._acces = acces
        self._routes = routes

    async def __call__(self, appel: Appel) -> Reponse:
        try:
            return await self._answer(appel)
        except Refuse as refus:
            return en_probleme(refus.probleme)
        except StorageError:  # said once by storage_watch.py
            return en_probleme(Probleme("stockage_indisponible", entetes={"Retry-After": "30"}))

    async def _answer(self, appel: Appel) -> Reponse:
        if appel.entete("host") is None:
            raise Refuse(Probleme("hote_manquant"))
        if (appel.entete("content-encoding") or "identity") != "identity":
            raise Refuse(Probleme("type_de_contenu"))
        if appel.chemin in OUVERTES:
            visiteur, magasin = PERSONNE, None
        else:
            visiteur, magasin = await self._acces.caller(appel)
        trouvee, chemin = self._find(appel)
        if visiteur.role not in trouvee.roles:
            raise Refuse(Probleme("interdit"))
        if appel.methode == "POST" and not _says_json(appel):
            raise Refuse(Probleme("type_de_contenu"))
        requete = query(appel.requete, trouvee.requete)
        return await trouvee.traitement(Visite(appel, visiteur, magasin, chemin, requete))

    def _find(self, appel: Appel) -> tuple[Route, Mapping[str, str]]:
        autres: list[str] = []
        methode = "GET" if appel.methode == "HEAD" else appel.methode
        for une in self._routes:
            lu = une.motif.fullmatch(appel.chemin)
            if lu is not None and une.methode == methode:
                return une, lu.groupdict()
            if lu is not None:
                autres.append(une.methode)
        if autres:
            allowed = ", ".join(sorted(set(autres)))
            detail = f"Méthodes que cette adresse accepte : {allowed}."
            raise Refuse(Probleme("methode", detail, entetes={"Allow": allowed}))
        raise Refuse(Probleme("inconnu"))


def _says_json(appel: Appel) -> bool:
    """A body without a type is taken for JSON; any other type is refused rather than guessed."""
    type_, _, reste = (appel.entete("content-type") or "application/json").lower().partition(";")
    charset = reste.partition("charset=")[2].strip(' "') or "utf-8"
    return type_.strip() == "application/json" and charset in {"utf-8", "utf8", "us-ascii"}
