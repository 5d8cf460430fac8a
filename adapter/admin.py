"""What the operator's commands may ask of the daemon: all that the shop API shows, for every shop, and orders.

On DIR/admin.sock there is no key: its mode (0600) is the permission. On the operator's port an operator's key is. The
same routes are served in place, without a daemon, by the commands themselves (assembly.local_call).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tierspayant.adapter.annuaire import AnnuaireInvalide
from tierspayant.adapter.availability import Retenue, ouvert
from tierspayant.adapter.body_json import document
from tierspayant.adapter.config import ConfigInvalide
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.gestures import pause_account, reopen_account, resume_account
from tierspayant.adapter.keys import CleApi, Role
from tierspayant.adapter.master_key import CleMaitreIllisible
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.problem import Erreur, Probleme, Refuse
from tierspayant.adapter.render import instant
from tierspayant.adapter.rotation import Rotation, RotationRefused
from tierspayant.adapter.shop_api import QuiAppelle
from tierspayant.adapter.shop_api_etat import platform_rows
from tierspayant.adapter.shop_calls import Route, Visite, route
from tierspayant.adapter.shop_http import Appel, Reponse, en_json
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.schemas.operations import Service

OPERATEUR = CleApi("", Role.OPERATEUR, None, "")


class AccesLocal:
    """Whoever reaches the socket is the operator."""

    async def caller(self, _appel: Appel) -> tuple[CleApi, str | None]:
        return OPERATEUR, None


@dataclass(frozen=True, slots=True)
class OperatorsOnly:
    """At the operator's port: a key as on the shop API, and of that role."""

    keys: QuiAppelle

    async def caller(self, appel: Appel) -> tuple[CleApi, str | None]:
        """Raises Refuse."""
        cle, magasin = await self.keys.caller(appel)
        if cle.role is not Role.OPERATEUR:
            raise Refuse(Probleme("interdit", "Cette adresse demande la clé d'un opérateur."))
        return cle, magasin


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The handlers' tools. `demon`: 'running' or 'stopped'; `reload` and `wake_all` do nothing without a daemon."""

    storage: Storage
    plateformes: Mapping[str, Plateforme]
    now: Callable[[], dt.datetime]
    magasins: Callable[[], Mapping[str, str]]
    reload: Callable[[], None]
    wake_all: Callable[[], None]
    demon: str
    give_code: Callable[[tuple[str, str], str], None] | None = None
    reacheminer: Callable[[bool], Awaitable[dict[str, Any]]] | None = None
    rotation: Rotation | None = None

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/admin/etat", self.state),
            route("POST", "/admin/recharger", self.recharger),
            route("POST", "/admin/reveil", self.reveil),
            route("POST", "/admin/pause", self.pause),
            route("POST", "/admin/comptes", self.reopen),
            route("POST", "/admin/reacheminer", self.reroute),
            route("POST", "/admin/cle-maitre", self.rotate),
        )

    async def state(self, visite: Visite) -> Reponse:
        def work(tables: Tables) -> dict[str, Any]:
            noms = {numero: nom for nom, numero in self.magasins().items()}
            return {
                "demon": self.demon,
                "releve_le": instant(self.now()),
                "file": {etat.value: tables.count(None, (etat,)) for etat in Etat},
                "plateformes": platform_rows(self.plateformes, tables.disponibilites(), (), None, visite.langue),
                "comptes_retenus": [
                    {
                        "plateforme": un.plateforme,
                        "magasin": noms.get(un.magasin, un.magasin),
                        "raison": un.raison,
                        "depuis": instant(un.depuis),
                    }
                    for un in tables.comptes()
                    if un.retenu
                ],
            }

        return en_json(await self.storage.read(work))

    async def recharger(self, _visite: Visite) -> Reponse:
        """Read shops, keys and directory again; a file that does not check changes nothing."""
        try:
            self.reload()
        except (ConfigInvalide, AnnuaireInvalide) as erreur:
            fautes = tuple(Erreur(None, "CONFIGURATION", ligne) for ligne in erreur.lignes)
            raise Refuse(Probleme("demande_invalide", erreurs=fautes)) from None
        return en_json({"recharge": True})

    async def reroute(self, visite: Visite) -> Reponse:
        """Where the payer directory on disk sends what is queued; with `appliquer` it is put in force and moves it."""
        appliquer = document(visite.appel.corps).get("appliquer")
        if not isinstance(appliquer, bool) or self.reacheminer is None:
            raise _wrong("/appliquer", "TYPE_BOOLEEN", "true ou false est attendu")
        try:
            fait = await self.reacheminer(appliquer)
        except (ConfigInvalide, AnnuaireInvalide) as erreur:
            fautes = tuple(Erreur(None, "CONFIGURATION", ligne) for ligne in erreur.lignes)
            raise Refuse(Probleme("demande_invalide", erreurs=fautes)) from None
        self.wake_all()
        return en_json(fait)

    async def rotate(self, _visite: Visite) -> Reponse:
        """A new master key, beside everything else (rotation.py)."""
        assert self.rotation is not None, "who builds the routes gives it"
        try:
            done = await self.rotation.run()
        except (RotationRefused, CleMaitreIllisible) as refus:
            raise Refuse(Probleme("etat_incompatible", str(refus))) from None
        except OSError as erreur:
            detail = f"{self.rotation.file} : écriture impossible ({erreur.strerror}) ; relancez, rien n'est perdu"
            raise Refuse(Probleme("etat_incompatible", detail)) from None
        return en_json({"emballees": done.wrapped, "reprise": done.resumed})

    async def reveil(self, _visite: Visite) -> Reponse:
        self.wake_all()
        return en_json({"reveil": True})

    async def pause(self, visite: Visite) -> Reponse:
        """Stop or resume one service of a platform, or all of them; with `magasin`, that shop's account there."""
        corps = document(visite.appel.corps)
        nom, en_pause = str(corps.get("plateforme")), corps.get("en_pause")
        if nom not in self.plateformes:
            connues = ", ".join(sorted(self.plateformes))
            raise _wrong("/plateforme", "PLATEFORME_INCONNUE", f"plateformes connues : {connues}")
        if not isinstance(en_pause, bool):
            raise _wrong("/en_pause", "TYPE_BOOLEEN", "true ou false est attendu")
        if corps.get("magasin") is not None:
            return await self._pause_account(nom, corps, en_pause)
        try:
            services = list(Service) if corps.get("service") is None else [Service(corps["service"])]
        except ValueError:
            raise _wrong("/service", "VALEUR_ADMISE", f"valeurs admises : {', '.join(Service)}") from None
        now = self.now()

        def work(tables: Tables) -> None:
            for service in services:
                connu = tables.disponibilite(nom, service) or ouvert(nom, service, now)
                tables.put_disponibilite(replace(connu, en_pause=en_pause))
                donnees: dict[str, str | int | None] = {"plateforme": nom, "service": service}
                tables.add_evenement("pause" if en_pause else "reprise", now, None, None, donnees)

        await self.storage.write(work)
        self.wake_all()
        return en_json({"plateforme": nom, "services": [service.value for service in services], "en_pause": en_pause})

    async def _pause_account(self, nom: str, corps: dict[str, Any], en_pause: bool) -> Reponse:
        if corps.get("service") is not None:
            raise _wrong("/service", "COMPTE_ENTIER", "un compte se suspend entier : magasin, ou service, pas les deux")
        finess, now = self._shop(nom, corps), self.now()
        gesture = pause_account if en_pause else resume_account
        change = await self.storage.write(lambda tables: gesture(tables, nom, finess, now))
        self.wake_all()
        return en_json({"plateforme": nom, "magasin": corps["magasin"], "en_pause": en_pause, "change": change})

    def _shop(self, plateforme: str, corps: dict[str, Any]) -> str:
        """The FINESS of the shop that a body names. Raises Refuse."""
        finess = self.magasins().get(str(corps.get("magasin")))
        if finess is None or plateforme not in self.plateformes:
            raise _wrong("/magasin", "COMPTE_INCONNU", "ce magasin ou cette plateforme n'est pas dans la configuration")
        return finess

    async def reopen(self, visite: Visite) -> Reponse:
        """A shop's account on a platform is good again, by a `code` if it asks one: what was held for it goes on."""
        corps = document(visite.appel.corps)
        nom, magasin = str(corps.get("plateforme")), corps.get("magasin")
        finess = self._shop(nom, corps)
        code, now = corps.get("code"), self.now()
        if code is not None:
            if not isinstance(code, str) or not code.strip():
                raise _wrong("/code", "TYPE_TEXTE", "le code reçu est attendu")
            if self.give_code is None:
                raise _wrong("/code", "DEMON_ARRETE", "tp-adapter serve doit tourner : un code ne sert qu'une fois")
            self.give_code((nom, finess), code.strip())
        before = await self.storage.write(lambda tables: reopen_account(tables, nom, finess, now))
        paused = before is not None and before.raison is Retenue.PAUSE
        self.wake_all()
        rouvert = before is not None and not paused
        return en_json({"plateforme": nom, "magasin": magasin, "rouvert": rouvert, "en_pause": paused})


def _wrong(champ: str, regle: str, detail: str) -> Refuse:
    return Refuse(Probleme("demande_invalide", erreurs=(Erreur(champ, regle, detail),)))
