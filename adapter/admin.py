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
from tierspayant.adapter.config import ConfigInvalid
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.gestures import pause_account, reopen_account, resume_account
from tierspayant.adapter.keys import ApiKey, Role
from tierspayant.adapter.master_key import MasterKeyUnreadable
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.problem import Fault, Problem, Refusal
from tierspayant.adapter.render import instant
from tierspayant.adapter.rotation import Rotation, RotationRefused
from tierspayant.adapter.shop_api import WhoCalls
from tierspayant.adapter.shop_api_etat import platform_rows
from tierspayant.adapter.shop_calls import Route, Visit, route
from tierspayant.adapter.shop_http import Call, Reply, json_reply
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.schemas.operations import Service

OPERATOR = ApiKey("", Role.OPERATEUR, None, "")


class LocalAccess:
    """Whoever reaches the socket is the operator."""

    async def caller(self, _appel: Call) -> tuple[ApiKey, str | None]:
        return OPERATOR, None


@dataclass(frozen=True, slots=True)
class OperatorsOnly:
    """At the operator's port: a key as on the shop API, and of that role."""

    keys: WhoCalls

    async def caller(self, call: Call) -> tuple[ApiKey, str | None]:
        """Raises Refusal."""
        key, magasin = await self.keys.caller(call)
        if key.role is not Role.OPERATEUR:
            raise Refusal(Problem("interdit", "Cette adresse demande la clé d'un opérateur."))
        return key, magasin


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The handlers' tools. `daemon`: 'running' or 'stopped'; `reload` and `wake_all` do nothing without a daemon."""

    storage: Storage
    plateformes: Mapping[str, Plateforme]
    now: Callable[[], dt.datetime]
    magasins: Callable[[], Mapping[str, str]]
    reload: Callable[[], None]
    wake_all: Callable[[], None]
    daemon: str
    give_code: Callable[[tuple[str, str], str], None] | None = None
    move_queued: Callable[[bool], Awaitable[dict[str, Any]]] | None = None
    rotation: Rotation | None = None

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/admin/etat", self.state),
            route("POST", "/admin/recharger", self.read_again),
            route("POST", "/admin/reveil", self.wake),
            route("POST", "/admin/pause", self.pause),
            route("POST", "/admin/comptes", self.reopen),
            route("POST", "/admin/reacheminer", self.reroute),
            route("POST", "/admin/cle-maitre", self.rotate),
        )

    async def state(self, visit: Visit) -> Reply:
        def work(tables: Tables) -> dict[str, Any]:
            names = {numero: name for name, numero in self.magasins().items()}
            return {
                "demon": self.daemon,
                "releve_le": instant(self.now()),
                "file": {etat.value: tables.count(None, (etat,)) for etat in Etat},
                "plateformes": platform_rows(self.plateformes, tables.disponibilites(), (), None, visit.langue),
                "comptes_retenus": [
                    {
                        "plateforme": one.plateforme,
                        "magasin": names.get(one.magasin, one.magasin),
                        "raison": one.raison,
                        "depuis": instant(one.depuis),
                    }
                    for one in tables.comptes()
                    if one.retenu
                ],
            }

        return json_reply(await self.storage.read(work))

    async def read_again(self, _visite: Visit) -> Reply:
        """Read shops, keys and directory again; a file that does not check changes nothing."""
        try:
            self.reload()
        except (ConfigInvalid, AnnuaireInvalide) as error:
            faults = tuple(Fault(None, "CONFIGURATION", line) for line in error.lines)
            raise Refusal(Problem("demande_invalide", faults=faults)) from None
        return json_reply({"recharge": True})

    async def reroute(self, visit: Visit) -> Reply:
        """Where the payer directory on disk sends what is queued; with `appliquer` it is put in force and moves it."""
        apply = document(visit.call.body).get("appliquer")
        if not isinstance(apply, bool) or self.move_queued is None:
            raise _wrong("/appliquer", "TYPE_BOOLEEN", "true ou false est attendu")
        try:
            done = await self.move_queued(apply)
        except (ConfigInvalid, AnnuaireInvalide) as error:
            faults = tuple(Fault(None, "CONFIGURATION", line) for line in error.lines)
            raise Refusal(Problem("demande_invalide", faults=faults)) from None
        self.wake_all()
        return json_reply(done)

    async def rotate(self, _visite: Visit) -> Reply:
        """A new master key, beside everything else (rotation.py)."""
        assert self.rotation is not None, "who builds the routes gives it"
        try:
            done = await self.rotation.run()
        except (RotationRefused, MasterKeyUnreadable) as refusal:
            raise Refusal(Problem("etat_incompatible", str(refusal))) from None
        except OSError as error:
            detail = f"{self.rotation.file} : écriture impossible ({error.strerror}) ; relancez, rien n'est perdu"
            raise Refusal(Problem("etat_incompatible", detail)) from None
        return json_reply({"emballees": done.wrapped, "reprise": done.resumed})

    async def wake(self, _visite: Visit) -> Reply:
        self.wake_all()
        return json_reply({"reveil": True})

    async def pause(self, visit: Visit) -> Reply:
        """Stop or resume one service of a platform, or all of them; with `magasin`, that shop's account there."""
        body = document(visit.call.body)
        name, en_pause = str(body.get("plateforme")), body.get("en_pause")
        if name not in self.plateformes:
            known = ", ".join(sorted(self.plateformes))
            raise _wrong("/plateforme", "PLATEFORME_INCONNUE", f"plateformes connues : {known}")
        if not isinstance(en_pause, bool):
            raise _wrong("/en_pause", "TYPE_BOOLEEN", "true ou false est attendu")
        if body.get("magasin") is not None:
            return await self._pause_account(name, body, en_pause)
        try:
            services = list(Service) if body.get("service") is None else [Service(body["service"])]
        except ValueError:
            raise _wrong("/service", "VALEUR_ADMISE", f"valeurs admises : {', '.join(Service)}") from None
        now = self.now()

        def work(tables: Tables) -> None:
            for service in services:
                known_service = tables.disponibilite(name, service) or ouvert(name, service, now)
                tables.put_disponibilite(replace(known_service, en_pause=en_pause))
                payload: dict[str, str | int | None] = {"plateforme": name, "service": service}
                tables.add_evenement("pause" if en_pause else "reprise", now, None, None, payload)

        await self.storage.write(work)
        self.wake_all()
        return json_reply(
            {"plateforme": name, "services": [service.value for service in services], "en_pause": en_pause}
        )

    async def _pause_account(self, name: str, body: dict[str, Any], en_pause: bool) -> Reply:
        if body.get("service") is not None:
            raise _wrong("/service", "COMPTE_ENTIER", "un compte se suspend entier : magasin, ou service, pas les deux")
        finess, now = self._shop(name, body), self.now()
        gesture = pause_account if en_pause else resume_account
        change = await self.storage.write(lambda tables: gesture(tables, name, finess, now))
        self.wake_all()
        return json_reply({"plateforme": name, "magasin": body["magasin"], "en_pause": en_pause, "change": change})

    def _shop(self, plateforme: str, body: dict[str, Any]) -> str:
        """The FINESS of the shop that a body names. Raises Refusal."""
        finess = self.magasins().get(str(body.get("magasin")))
        if finess is None or plateforme not in self.plateformes:
            raise _wrong("/magasin", "COMPTE_INCONNU", "ce magasin ou cette plateforme n'est pas dans la configuration")
        return finess

    async def reopen(self, visit: Visit) -> Reply:
        """A shop's account on a platform is good again, by a `code` if it asks one: what was held for it goes on."""
        body = document(visit.call.body)
        name, magasin = str(body.get("plateforme")), body.get("magasin")
        finess = self._shop(name, body)
        code, now = body.get("code"), self.now()
        if code is not None:
            if not isinstance(code, str) or not code.strip():
                raise _wrong("/code", "TYPE_TEXTE", "le code reçu est attendu")
            if self.give_code is None:
                raise _wrong("/code", "DEMON_ARRETE", "tp-adapter serve doit tourner : un code ne sert qu'une fois")
            self.give_code((name, finess), code.strip())
        before = await self.storage.write(lambda tables: reopen_account(tables, name, finess, now))
        paused = before is not None and before.raison is Retenue.PAUSE
        self.wake_all()
        rouvert = before is not None and not paused
        return json_reply({"plateforme": name, "magasin": magasin, "rouvert": rouvert, "en_pause": paused})


def _wrong(champ: str, regle: str, detail: str) -> Refusal:
    return Refusal(Problem("demande_invalide", faults=(Fault(champ, regle, detail),)))
