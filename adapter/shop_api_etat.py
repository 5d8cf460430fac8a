"""What is going on, as the shop reads it: platforms, money waiting, events, probes, documentation."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.web.server import Request

from tierspayant.adapter.availability import Compte, Disponibilite, EtatService, Retenue
from tierspayant.adapter.conseil import SERVICES, Langue, moment
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.render import instant
from tierspayant.adapter.shop_calls import (
    WAIT_MAX,
    Route,
    Visit,
    Watch,
    cursor_number,
    integer,
    page,
    page_size,
    route,
)
from tierspayant.adapter.shop_http import Reply, json_reply
from tierspayant.adapter.storage.protocol import Evenement, LigneEncours, Storage, Tables
from tierspayant.schemas.operations import Service

ALL: Final = "tous"
"""The key of news that concern every shop (a platform shut, reopened)."""

HEARTBEAT: Final = 20.0
"""Seconds between two comments of an event stream: proxies cut what stays silent."""

SERVICES_SHOWN: Final = tuple(Service)

NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Since when a service is open that nobody has asked yet."""

ADVICE: Final[Mapping[Langue, Mapping[str, str]]] = {
    "fr": {
        "ouvert": "{quoi} répond normalement.",
        "ferme": "{quoi} est fermée depuis le {depuis}. Continuez à saisir dans votre logiciel : les demandes sont "
        "enregistrées et partiront à la réouverture. Ne ressaisissez rien sur le portail.",
        "sonde": "{quoi} semble répondre à nouveau : une première demande est envoyée, les autres suivront.",
        "en_pause": "Les envois vers {quoi} sont suspendus par votre responsable informatique. Continuez à saisir dans "
        "votre logiciel : les demandes sont enregistrées et partiront à la reprise.",
        "compte_refuse": "Le compte de votre magasin sur {nom} est refusé ({raison}) : prévenez le responsable "
        "informatique. Les demandes sont conservées.",
        "compte_en_pause": "Les envois de votre magasin vers {nom} sont suspendus par votre responsable informatique. "
        "Continuez à saisir dans votre logiciel : les demandes sont conservées et partiront à la reprise.",
    },
    "en": {
        "ouvert": "{quoi} answers normally.",
        "ferme": "{quoi} has been shut since {depuis}: requests are recorded and leave at reopening.",
        "sonde": "{quoi} seems to answer again: one request is sent first, the others follow.",
        "en_pause": "Your operator has paused {quoi}: requests are recorded and leave when it is resumed.",
        "compte_refuse": "Your account on {nom} is refused ({raison}): tell the person in charge.",
        "compte_en_pause": "Your operator has paused your shop on {nom}: requests are kept until it is resumed.",
    },
}
"""By the state of the service, or by what stops this shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Etat:
    """The handlers' tools. `pret` says why the daemon is not ready, None when it is; `mesures` is Prometheus text."""

    storage: Storage
    plateformes: Mapping[str, Plateforme]
    watch: Watch
    now: Callable[[], dt.datetime]
    not_ready: Callable[[], str | None]
    metrics_text: Callable[[Tables, Mapping[str, Plateforme]], bytes]

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/health/live", self.live),
            route("GET", "/health/ready", self.ready),
            route("GET", "/metrics", self.metrics),
            route("GET", "/v1/openapi.yaml", self.openapi),
            route("GET", "/v1/docs", self.docs),
            route("GET", "/v1/plateformes", self.platforms),
            route("GET", "/v1/evenements", self.events, "depuis attente limite"),
        )

    async def live(self, _visite: Visit) -> Reply:
        return json_reply({"etat": "vivant"})

    async def ready(self, _visite: Visit) -> Reply:
        """200 while platforms are shut: a shut platform is this daemon's daily bread, not its illness."""
        reason = self.not_ready()
        return json_reply(
            {"etat": "pret"} if reason is None else {"etat": "indisponible", "raison": reason}, 503 if reason else 200
        )

    async def metrics(self, _visite: Visit) -> Reply:
        data = await self.storage.read(lambda tables: self.metrics_text(tables, self.plateformes))
        return Reply(200, data, "text/plain; version=0.0.4; charset=utf-8")

    async def openapi(self, _visite: Visit) -> Reply:
        return Reply(200, _file("openapi.yaml"), "application/yaml; charset=utf-8")

    async def docs(self, _visite: Visit) -> Reply:
        from tierspayant.adapter.docs_page import page_html

        return Reply(200, page_html(_file("openapi.yaml").decode()).encode(), "text/html; charset=utf-8")

    async def platforms(self, visit: Visit) -> Reply:
        services, comptes = await self.storage.read(
            lambda tables: (tables.disponibilites(), tables.comptes(visit.magasin))
        )
        return json_reply(page(platform_rows(self.plateformes, services, comptes, visit.magasin, visit.langue), None))

    async def events(self, visit: Visit) -> Reply:
        """News after a cursor; `attente` keeps the call until there is some. As text/event-stream it never ends."""
        since = cursor_number(visit, "depuis")
        limit = page_size(visit)
        if "text/event-stream" in (visit.call.header("accept") or ""):
            last = visit.call.header("last-event-id") or ""
            start = int(last) if last.isdigit() and len(last) < 19 else since
            return Reply(
                200, media_type="text/event-stream", stream=lambda request: self._stream(request, visit, start)
            )
        wait = integer(visit, "attente", 0, WAIT_MAX)
        news = await self._news(visit.magasin, since, limit)
        if not news and wait:
            await self._wait_for_news(visit, since, wait)
            news = await self._news(visit.magasin, since, limit)
        suivant = str(news[-1].id) if news else str(since)
        return json_reply(page([event_json(one) for one in news], suivant))

    async def _news(self, magasin: str | None, since: int, limit: int) -> Sequence[Evenement]:
        def work(tables: Tables) -> Sequence[Evenement]:
            return tables.evenements(magasin, since, limit)

        return await self.storage.read(work)

    async def _wait_for_news(self, visit: Visit, since: int, seconds: float) -> None:
        async def some() -> bool:
            return bool(await self._news(visit.magasin, since, 1))

        key = ALL if visit.magasin is None else f"magasin:{visit.magasin}"
        await self.watch.change(key, seconds, visit.call.gone, some)

    def _stream(self, request: Request, visit: Visit, since: int) -> None:
        _ = Deferred.fromCoroutine(self._pour(request, visit, since)).addErrback(
            lambda _failed: request.loseConnection()
        )

    async def _pour(self, request: Request, visit: Visit, since: int) -> None:
        gone = visit.call.gone
        request.write(b": ouvert\n\n")
        while gone is None or not gone.called:
            news = await self._news(visit.magasin, since, 100)
            for one in news:
                since = one.id
                payload = json.dumps(event_json(one), ensure_ascii=False)
                request.write(f"id: {one.id}\nevent: {one.type}\ndata: {payload}\n\n".encode())
            if not news:
                await self._wait_for_news(visit, since, HEARTBEAT)
                if gone is None or not gone.called:
                    request.write(b": ici\n\n")


def _file(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def event_json(one: Evenement) -> dict[str, Any]:
    return {"id": str(one.id), "type": one.type, "a": instant(one.a), "demande": one.entree, **one.donnees}


def platform_rows(
    plateformes: Mapping[str, Plateforme],
    services: Sequence[Disponibilite],
    comptes: Sequence[Compte],
    magasin: str | None,
    langue: Langue = "fr",
) -> list[dict[str, Any]]:
    """Every platform x service, with this shop's account there. A service nobody has asked yet counts as open."""
    known_services = {(one.plateforme, one.service): one for one in services}
    accounts = {one.plateforme: one for one in comptes if one.magasin == magasin}
    return [
        _row(name, service, known_services.get((name, service)), accounts.get(name), langue)
        for name in plateformes
        for service in SERVICES_SHOWN
    ]


def _row(
    name: str, service: Service, stored: Disponibilite | None, compte: Compte | None, langue: Langue
) -> dict[str, Any]:
    known = stored or Disponibilite(plateforme=name, service=service, etat=EtatService.OUVERT, depuis=NEVER)
    held = compte if compte is not None and compte.retenu else None
    since = held.depuis if held else None if known.depuis == NEVER or _merely_paused(known) else known.depuis
    return {
        "plateforme": name,
        "service": service.value,
        "etat": "retenu" if held else (EtatService.FERME if known.en_pause else known.etat).value,
        "depuis": instant(since),
        "prochain_essai": instant(known.prochain_essai),
        "en_pause": known.en_pause,
        "message": known.message,
        "compte": {
            "etat": "retenu" if held else "utilisable",
            "raison": held.raison.value if held and held.raison else None,
            "depuis": instant(compte.depuis) if compte else None,
        },
        "conseil": _advice(known, held, langue),
    }


def _merely_paused(known: Disponibilite) -> bool:
    """Shut by an operator alone: nobody noted when, and the platform itself answers."""
    return known.en_pause and known.etat is EtatService.OUVERT


def _advice(known: Disponibilite, held: Compte | None, langue: Langue) -> str:
    """What staff may read aloud. `held`: this shop's account, when it is."""
    case = known.etat.value
    if held is not None:
        case = "compte_en_pause" if held.raison is Retenue.PAUSE else "compte_refuse"
    elif known.en_pause:
        case = "en_pause"
    return ADVICE[langue][case].format(
        nom=known.plateforme,
        quoi=f"{known.plateforme} ({SERVICES[langue][known.service]})",
        depuis=moment(known.depuis, langue),
        raison=held.raison if held else "",
    )


def encours_document(lines: Sequence[LigneEncours], now: dt.datetime) -> dict[str, Any]:
    """Money waiting, and its sum. `inconnus` counts invoices whose amount nobody knows: they are in no sum."""
    elements = [
        {
            "plateforme": one.plateforme,
            "organisme": one.organisme,
            "etat": one.etat.value,
            "resultat": one.resultat,
            "nombre": one.nombre,
            "inconnus": one.inconnus,
            "amc_centimes": one.amc_centimes,
            "paye_centimes": one.paye_centimes,
            "attendu_centimes": one.amc_centimes - one.paye_centimes,
            "plus_ancienne": instant(one.plus_ancienne),
            "age_jours": max(0, (now - one.plus_ancienne).days),
        }
        for one in lines
    ]
    return {
        "releve_le": instant(now),
        "nombre": sum(one.nombre for one in lines),
        "inconnus": sum(one.inconnus for one in lines),
        "amc_centimes": sum(one.amc_centimes for one in lines),
        "paye_centimes": sum(one.paye_centimes for one in lines),
        "elements": elements,
        "suivant": None,
    }
