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
from tierspayant.adapter.config import ConfigInvalide, Configuration
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


class DemarrageRefuse(Exception):
    """The daemon cannot start; one sentence per line."""

    def __init__(self, *lignes: str) -> None:
        super().__init__("\n".join(lignes))
        self.lignes = lignes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lu:
    """Everything read from files before anything starts."""

    vivant: reload.Vivant
    plateformes: Mapping[str, Plateforme]
    vault: Vault

    @property
    def configuration(self) -> Configuration:
        return self.vivant.configuration


def read_files(configuration: Configuration) -> Lu:
    """Raises DemarrageRefuse with every fault."""
    try:
        plateformes = platform_rows.rows(configuration)
        vivant = reload.load(configuration)
        vault = master_key.read(configuration.chemin(configuration.reglages.stockage.cle_maitre_fichier)).vault()
    except (ConfigInvalide, AnnuaireInvalide) as erreur:
        raise DemarrageRefuse(*erreur.lignes) from None
    except master_key.CleMaitreIllisible as erreur:
        raise DemarrageRefuse(str(erreur)) from None
    return Lu(vivant=vivant, plateformes=plateformes, vault=vault)


def real_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What both the daemon and a command without one are made of."""

    lu: Lu
    storage: Storage
    watch: Watch
    now: Callable[[], dt.datetime]
    ids: Ids
    wake: Callable[[Entry], None]
    wake_lanes: Callable[[Iterable[Lane]], None]
    wake_all: Callable[[], None]
    reload: Callable[[], None]
    demon: str
    pret: Callable[[], str | None] = field(default=lambda: None)
    give_code: Callable[[tuple[str, str], str], None] | None = None
    in_thread: Callable[[Callable[[], bytes]], Awaitable[bytes]] = field(default=lambda work: succeed(work()))

    def demandes(self) -> Demandes:
        return Demandes(
            storage=self.storage,
            vault=self.lu.vault,
            ids=self.ids,
            annuaire=lambda: self.lu.vivant.annuaire,
            plateformes=self.lu.plateformes,
            watch=self.watch,
            now=self.now,
            wake=self.wake,
            file_max=self.lu.configuration.reglages.livraison.file_max,
            guard=HarvestGuard(self._caps),
        )

    def _caps(self) -> Caps:
        livraison = self.lu.configuration.reglages.livraison
        return Caps(livraison.droits_par_heure, livraison.droits_par_dossier)

    def etat(self) -> Etat:
        return Etat(
            storage=self.storage,
            plateformes=self.lu.plateformes,
            watch=self.watch,
            now=self.now,
            pret=self.pret,
            mesures=metrics.text,
        )

    def admin(self) -> Admin:
        return Admin(
            storage=self.storage,
            plateformes=self.lu.plateformes,
            now=self.now,
            magasins=self.lu.vivant.magasins,
            reload=self.reload,
            wake_all=self.wake_all,
            demon=self.demon,
            give_code=self.give_code,
            move_queued=self.move_queued,
            rotation=self.rotation(),
        )

    def rotation(self) -> Rotation:
        configuration = self.lu.configuration
        return Rotation(
            self.storage,
            self.lu.vault,
            configuration.chemin(configuration.reglages.stockage.cle_maitre_fichier),
            partage=self.demon == "running" and storage_choice.shared(configuration),
        )

    async def move_queued(self, appliquer: bool) -> dict[str, Any]:
        """`annuaire reroute`: by the directory on disk, put in force first when it is to be applied."""
        if appliquer:
            self.reload()
        annuaire = self.lu.vivant.annuaire if appliquer else reload.load(self.lu.configuration).annuaire
        outils = reroute.Outils(vault=self.lu.vault, ids=self.ids, annuaire=annuaire)
        return await reroute.bulk(self.storage, outils, self.now(), apply=appliquer)

    def gestes(self) -> Gestes:
        return Gestes(storage=self.storage, vault=self.lu.vault, now=self.now, wake_lanes=self.wake_lanes)

    def appels(self) -> Appels:
        return Appels(storage=self.storage, vault=self.lu.vault, now=self.now, wake_lanes=self.wake_lanes)

    def avances(self) -> Avances:
        return Avances(
            storage=self.storage,
            vault=self.lu.vault,
            ids=self.ids,
            now=self.now,
            wake_lanes=self.wake_lanes,
            in_thread=self.in_thread,
        )

    def argent(self) -> Argent:
        return Argent(storage=self.storage, now=self.now)

    def shop_routes(self) -> tuple[Route, ...]:
        parts = (self.avances(), self.demandes(), self.gestes(), self.appels(), self.argent(), self.etat())
        return tuple(une for part in parts for une in part.routes())

    def admin_api(self, who: WhoCalls) -> ShopApi:
        return ShopApi(who, (*self.admin().routes(), *self.argent().admin_routes(), *self.shop_routes()))


def local_call(configuration: Configuration, methode: str, url: str, corps: object, *, alone: bool = False) -> Any:
    """One call of a command answered from the database, when no daemon runs. Raises DemarrageRefuse, Refused.

    alone: refuse as well while a daemon on another machine uses the database.
    """
    lu = read_files(configuration)
    try:
        storage = storage_choice.open_inline(configuration, alone=alone)
    except BaseOccupee:
        if alone and storage_choice.shared(configuration):
            raise DemarrageRefuse("daemons use the database: stop every one of them first") from None
        where = "port" if configuration.reglages.admin.port is not None else "socket"
        raise DemarrageRefuse(f"a daemon holds the database but its admin {where} does not answer") from None
    except (StorageError, ConfigInvalide) as erreur:
        raise DemarrageRefuse(str(erreur)) from None
    pieces = Pieces(
        lu=lu,
        storage=storage,
        watch=Watch(Clock()),
        now=real_now,
        ids=Ids(random.SystemRandom()),
        wake=lambda _entry: None,
        wake_lanes=lambda _lanes: None,
        wake_all=lambda: None,
        reload=lambda: None,
        demon="stopped",
    )
    chemin, _, requete = url.partition("?")
    appel = Call(methode, chemin, requete, {"host": "localhost"}, b"" if corps is None else json.dumps(corps).encode())
    recues: list[Any] = []
    try:
        _ = Deferred.fromCoroutine(pieces.admin_api(LocalAccess())(appel)).addBoth(recues.append)
    finally:
        _ = storage.close()
    [reponse] = recues
    return check(reponse.status, reponse.body).document
