"""The shop API in memory, without a socket, a lane or a platform: what a handler test needs."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from tierspayant.adapter import keys, reload
from tierspayant.adapter.announcing import AnnouncingStorage
from tierspayant.adapter.annuaire import Annuaire, Entree
from tierspayant.adapter.assembly import FilesRead, Parts
from tierspayant.adapter.config import Configuration, Settings
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.shop_api import Access, ShopApi
from tierspayant.adapter.shop_calls import Watch
from tierspayant.adapter.shop_http import Call, Reply
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.platforms import dialects

NOW = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
FINESS = {"demo": "759999014", "deux": "759999022"}

ANNUAIRE = Annuaire(
    (
        Entree(numero_amc="00990011", csr="003", plateforme="viamedis", organisme="M011"),
        Entree(numero_amc="990020020", plateforme="almerys", organisme="A020"),
        Entree(numero_amc="11111111", plateforme="viamedis", organisme="P1", libelle="Un"),
        Entree(numero_amc="11111111", plateforme="viamedis", organisme="P2", libelle="Une"),
    )
)


class Shop:
    """One daemon's API over memory storage; `woken` is what the lanes were told."""

    def __init__(self, file_max: int = 100, droits_par_heure: int = 100) -> None:
        self.clock = Clock()
        self.watch = Watch(self.clock)
        self.now = NOW
        self.woken: list[Entry] = []
        self.cles = {nom: keys.fresh() for nom in FINESS}
        api = {
            cle.identifier: keys.ApiKey(cle.identifier, keys.Role.MAGASIN, nom, cle.empreinte)
            for nom, cle in self.cles.items()
        }
        reglages = Settings.model_validate({"livraison": {"file_max": file_max, "droits_par_heure": droits_par_heure}})
        plateformes = {
            nom: Plateforme(nom=nom, dialecte=nom, base="http://127.0.0.1:1", traits=un.traits)
            for nom, un in dialects().items()
        }
        vivant = reload.InForce(Configuration(Path("adapter.toml"), reglages), ANNUAIRE)
        self.storage = AnnouncingStorage(MemoryStorage(), lambda connues: self.watch.announce(*connues))
        self.pieces = Parts(
            files=FilesRead(in_force=vivant, plateformes=plateformes, vault=Vault({"m": b"k" * 32}, "m")),
            storage=self.storage,
            watch=self.watch,
            now=lambda: self.now,
            ids=Ids(random.Random(1)),
            wake=self.woken.append,
            wake_lanes=lambda _lanes: None,
            wake_all=lambda: None,
            reload=lambda: None,
            daemon="running",
        )
        acces = Access(api, FINESS, keys.KeyMemory(b"test"), lambda work: succeed(work()))
        self.api = ShopApi(acces, self.pieces.shop_routes())

    def send(
        self, methode: str, chemin: str, corps: object = None, magasin: str = "demo", **tetes: str
    ) -> Deferred[Reply]:
        """One call, perhaps not answered yet."""
        octets = b"" if corps is None else corps if isinstance(corps, bytes) else json.dumps(corps).encode()
        entetes = {"host": "x", "authorization": f"Bearer {self.cles[magasin].text}"}
        entetes |= {nom.lower().replace("_", "-"): valeur for nom, valeur in tetes.items()}
        adresse, _, requete = chemin.partition("?")
        return Deferred.fromCoroutine(self.api(Call(methode, adresse, requete, entetes, octets)))

    def call(
        self, methode: str, chemin: str, corps: object = None, magasin: str = "demo", **tetes: str
    ) -> tuple[int, Any]:
        """One call to its answer; calls that wait have their wait cut short."""
        recues: list[Reply] = []
        _ = self.send(methode, chemin, corps, magasin, **tetes).addCallback(recues.append)
        if not recues:
            self.clock.advance(61)
        [reponse] = recues
        return reponse.status, json.loads(reponse.body)
