"""What the daemon and a command without one are both made of: files read, routes built, one call answered in place."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from tierspayant.adapter import master_key, metrics, platform_rows, reload, reroute, storage_choice
from tierspayant.adapter.admin import Admin, LocalAccess
from tierspayant.adapter.annuaire import AnnuaireInvalide
from tierspayant.adapter.config import ConfigInvalid, Configuration
from tierspayant.adapter.daemon_client import check
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.harvest_guard import Caps, HarvestGuard
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.records import Lane
from tierspayant.adapter.rotation import Rotation
from tierspayant.adapter.shop_api import ShopApi, WhoCalls
from tierspayant.adapter.shop_api_appels import Appels
from tierspayant.adapter.shop_api_argent import Argent
from tierspayant.adapter.shop_api_avance import Avances
from tierspayant.adapter.shop_api_demandes import Demandes
from tierspayant.adapter.shop_api_etat import Etat
from tierspayant.adapter.shop_api_gestes import Gestes
from tierspayant.adapter.shop_calls import Route, Watch
from tierspayant.adapter.shop_http import Call
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.protocol import Storage, StorageError
from tierspayant.adapter.vault import Vault


class StartRefused(Exception):
    """The daemon cannot start; one sentence per line."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesRead:
    """Everything read from files before anything starts."""

    in_force: reload.InForce
    plateformes: Mapping[str, Plateforme]
    vault: Vault

    @property
    def configuration(self) -> Configuration:
        return self.in_force.configuration


def read_files(configuration: Configuration) -> FilesRead:
    """Raises StartRefused with every fault."""
    try:
        plateformes = platform_rows.rows(configuration)
        in_force = reload.load(configuration)
        vault = master_key.read(configuration.path(configuration.settings.stockage.cle_maitre_fichier)).vault()
    except (ConfigInvalid, AnnuaireInvalide) as error:
        raise StartRefused(*error.lines) from None
    except master_key.MasterKeyUnreadable as error:
        raise StartRefused(str(error)) from None
    return FilesRead(in_force=in_force, plateformes=plateformes, vault=vault)


def real_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What both the daemon and a command without one are made of."""

    files: FilesRead
    storage: Storage
    watch: Watch
    now: Callable[[], dt.datetime]
    ids: Ids
    wake: Callable[[Entry], None]
    wake_lanes: Callable[[Iterable[Lane]], None]
    wake_all: Callable[[], None]
    reload: Callable[[], None]
    daemon: str
    not_ready: Callable[[], str | None] = field(default=lambda: None)
    give_code: Callable[[tuple[str, str], str], None] | None = None
    in_thread: Callable[[Callable[[], bytes]], Awaitable[bytes]] = field(default=lambda work: succeed(work()))

    def demandes(self) -> Demandes:
        return Demandes(
            storage=self.storage,
            vault=self.files.vault,
            ids=self.ids,
            annuaire=lambda: self.files.in_force.annuaire,
            plateformes=self.files.plateformes,
            watch=self.watch,
            now=self.now,
            wake=self.wake,
            file_max=self.files.configuration.settings.livraison.file_max,
            guard=HarvestGuard(self._caps),
        )

    def _caps(self) -> Caps:
        livraison = self.files.configuration.settings.livraison
        return Caps(livraison.droits_par_heure, livraison.droits_par_dossier)

    def etat(self) -> Etat:
        return Etat(
            storage=self.storage,
            plateformes=self.files.plateformes,
            watch=self.watch,
            now=self.now,
            not_ready=self.not_ready,
            metrics_text=metrics.text,
        )

    def admin(self) -> Admin:
        return Admin(
            storage=self.storage,
            plateformes=self.files.plateformes,
            now=self.now,
            magasins=self.files.in_force.magasins,
            reload=self.reload,
            wake_all=self.wake_all,
            daemon=self.daemon,
            give_code=self.give_code,
            move_queued=self.move_queued,
            rotation=self.rotation(),
        )

    def rotation(self) -> Rotation:
        configuration = self.files.configuration
        return Rotation(
            self.storage,
            self.files.vault,
            configuration.path(configuration.settings.stockage.cle_maitre_fichier),
            partage=self.daemon == "running" and storage_choice.shared(configuration),
        )

    async def move_queued(self, apply: bool) -> dict[str, Any]:
        """`annuaire reroute`: by the directory on disk, put in force first when it is to be applied."""
        if apply:
            self.reload()
        annuaire = self.files.in_force.annuaire if apply else reload.load(self.files.configuration).annuaire
        outils = reroute.Outils(vault=self.files.vault, ids=self.ids, annuaire=annuaire)
        return await reroute.bulk(self.storage, outils, self.now(), apply=apply)

    def gestes(self) -> Gestes:
        return Gestes(storage=self.storage, vault=self.files.vault, now=self.now, wake_lanes=self.wake_lanes)

    def appels(self) -> Appels:
        return Appels(storage=self.storage, vault=self.files.vault, now=self.now, wake_lanes=self.wake_lanes)

    def avances(self) -> Avances:
        return Avances(
            storage=self.storage,
            vault=self.files.vault,
            ids=self.ids,
            now=self.now,
            wake_lanes=self.wake_lanes,
            in_thread=self.in_thread,
        )

    def argent(self) -> Argent:
        return Argent(storage=self.storage, now=self.now)

    def shop_routes(self) -> tuple[Route, ...]:
        parts = (self.avances(), self.demandes(), self.gestes(), self.appels(), self.argent(), self.etat())
        return tuple(one for part in parts for one in part.routes())

    def admin_api(self, who: WhoCalls) -> ShopApi:
        return ShopApi(who, (*self.admin().routes(), *self.argent().admin_routes(), *self.shop_routes()))


def local_call(configuration: Configuration, method: str, url: str, body: object, *, alone: bool = False) -> Any:
    """One call of a command answered from the database, when no daemon runs. Raises StartRefused, Refused.

    alone: refuse as well while a daemon on another machine uses the database.
    """
    files = read_files(configuration)
    try:
        storage = storage_choice.open_inline(configuration, alone=alone)
    except BaseOccupee:
        if alone and storage_choice.shared(configuration):
            raise StartRefused("daemons use the database: stop every one of them first") from None
        where = "port" if configuration.settings.admin.port is not None else "socket"
        raise StartRefused(f"a daemon holds the database but its admin {where} does not answer") from None
    except (StorageError, ConfigInvalid) as error:
        raise StartRefused(str(error)) from None
    parts = Parts(
        files=files,
        storage=storage,
        watch=Watch(Clock()),
        now=real_now,
        ids=Ids(random.SystemRandom()),
        wake=lambda _entry: None,
        wake_lanes=lambda _lanes: None,
        wake_all=lambda: None,
        reload=lambda: None,
        daemon="stopped",
    )
    path, _, query = url.partition("?")
    call = Call(method, path, query, {"host": "localhost"}, b"" if body is None else json.dumps(body).encode())
    got: list[Any] = []
    try:
        _ = Deferred.fromCoroutine(parts.admin_api(LocalAccess())(call)).addBoth(got.append)
    finally:
        _ = storage.close()
    [reply] = got
    return check(reply.status, reply.body).document
