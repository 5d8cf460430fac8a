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
    ATTENTE_MAX,
    Route,
    Veille,
    Visite,
    cursor_number,
    integer,
    page,
    page_size,
    route,
)
from tierspayant.adapter.shop_http import Reponse, en_json
from tierspayant.adapter.storage.protocol import Evenement, LigneEncours, Storage, Tables
from tierspayant.schemas.operations import Service

TOUS: Final = "tous"
"""The key of news that concern every shop (a platform shut, reopened)."""

BATTEMENT: Final = 20.0
"""Seconds between two comments of an event stream: proxies cut what stays silent."""

SERVICES_MONTRES: Final = tuple(Service)

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
    veille: Veille
    now: Callable[[], dt.datetime]
    pret: Callable[[], str | None]
    mesures: Callable[[Tables, Mapping[str, Plateforme]], bytes]

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

    async def live(self, _visite: Visite) -> Reponse:
        return en_json({"etat": "vivant"})

    async def ready(self, _visite: Visite) -> Reponse:
        """200 while platforms are shut: a shut platform is this daemon's daily bread, not its illness."""
        raison = self.pret()
        return en_json(
            {"etat": "pret"} if raison is None else {"etat": "indisponible", "raison": raison}, 503 if raison else 200
        )

    async def metrics(self, _visite: Visite) -> Reponse:
        octets = await self.storage.read(lambda tables: self.mesures(tables, self.plateformes))
        return Reponse(200, octets, "text/plain; version=0.0.4; charset=utf-8")

    async def openapi(self, _visite: Visite) -> Reponse:
        return Reponse(200, _file("openapi.yaml"), "application/yaml; charset=utf-8")

    async def docs(self, _visite: Visite) -> Reponse:
        from tierspayant.adapter.docs_page import page_html

        return Reponse(200, page_html(_file("openapi.yaml").decode()).encode(), "text/html; charset=utf-8")

    async def platforms(self, visite: Visite) -> Reponse:
        services, comptes = await self.storage.read(
            lambda tables: (tables.disponibilites(), tables.comptes(visite.magasin))
        )
        return en_json(page(platform_rows(self.plateformes, services, comptes, visite.magasin, visite.langue), None))

    async def events(self, visite: Visite) -> Reponse:
        """News after a cursor; `attente` keeps the call until there is some. As text/event-stream it never ends."""
        depuis = cursor_number(visite, "depuis")
        limite = page_size(visite)
        if "text/event-stream" in (visite.appel.entete("accept") or ""):
            dernier = visite.appel.entete("last-event-id") or ""
            debut = int(dernier) if dernier.isdigit() and len(dernier) < 19 else depuis
            return Reponse(200, type="text/event-stream", flux=lambda request: self._stream(request, visite, debut))
        attente = integer(visite, "attente", 0, ATTENTE_MAX)
        nouvelles = await self._news(visite.magasin, depuis, limite)
        if not nouvelles and attente:
            await self._wait_for_news(visite, depuis, attente)
            nouvelles = await self._news(visite.magasin, depuis, limite)
        suivant = str(nouvelles[-1].id) if nouvelles else str(depuis)
        return en_json(page([event_json(une) for une in nouvelles], suivant))

    async def _news(self, magasin: str | None, depuis: int, limite: int) -> Sequence[Evenement]:
        def work(tables: Tables) -> Sequence[Evenement]:
            return tables.evenements(magasin, depuis, limite)

        return await self.storage.read(work)

    async def _wait_for_news(self, visite: Visite, depuis: int, secondes: float) -> None:
        async def some() -> bool:
            return bool(await self._news(visite.magasin, depuis, 1))

        cle = TOUS if visite.magasin is None else f"magasin:{visite.magasin}"
        await self.veille.change(cle, secondes, visite.appel.partie, some)

    def _stream(self, request: Request, visite: Visite, depuis: int) -> None:
        _ = Deferred.fromCoroutine(self._pour(request, visite, depuis)).addErrback(
            lambda _echec: request.loseConnection()
        )

    async def _pour(self, request: Request, visite: Visite, depuis: int) -> None:
        partie = visite.appel.partie
        request.write(b": ouvert\n\n")
        while partie is None or not partie.called:
            nouvelles = await self._news(visite.magasin, depuis, 100)
            for une in nouvelles:
                depuis = une.id
                donnees = json.dumps(event_json(une), ensure_ascii=False)
                request.write(f"id: {une.id}\nevent: {une.type}\ndata: {donnees}\n\n".encode())
            if not nouvelles:
                await self._wait_for_news(visite, depuis, BATTEMENT)
                if partie is None or not partie.called:
                    request.write(b": ici\n\n")


def _file(nom: str) -> bytes:
    return files(__package__).joinpath(nom).read_bytes()


def event_json(une: Evenement) -> dict[str, Any]:
    return {"id": str(une.id), "type": une.type, "a": instant(une.a), "demande": une.entree, **une.donnees}


def platform_rows(
    plateformes: Mapping[str, Plateforme],
    services: Sequence[Disponibilite],
    comptes: Sequence[Compte],
    magasin: str | None,
    langue: Langue = "fr",
) -> list[dict[str, Any]]:
    """Every platform x service, with this shop's account there. A service nobody has asked yet counts as open."""
    connus = {(un.plateforme, un.service): un for un in services}
    par_plateforme = {un.plateforme: un for un in comptes if un.magasin == magasin}
    return [
        _row(nom, service, connus.get((nom, service)), par_plateforme.get(nom), langue)
        for nom in plateformes
        for service in SERVICES_MONTRES
    ]


def _row(
    nom: str, service: Service, connu: Disponibilite | None, compte: Compte | None, langue: Langue
) -> dict[str, Any]:
    known = connu or Disponibilite(plateforme=nom, service=service, etat=EtatService.OUVERT, depuis=NEVER)
    held = compte if compte is not None and compte.retenu else None
    since = held.depuis if held else None if known.depuis == NEVER or _merely_paused(known) else known.depuis
    return {
        "plateforme": nom,
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


def encours_document(lignes: Sequence[LigneEncours], now: dt.datetime) -> dict[str, Any]:
    """Money waiting, and its sum. `inconnus` counts invoices whose amount nobody knows: they are in no sum."""
    elements = [
        {
            "plateforme": une.plateforme,
            "organisme": une.organisme,
            "etat": une.etat.value,
            "resultat": une.resultat,
            "nombre": une.nombre,
            "inconnus": une.inconnus,
            "amc_centimes": une.amc_centimes,
            "paye_centimes": une.paye_centimes,
            "attendu_centimes": une.amc_centimes - une.paye_centimes,
            "plus_ancienne": instant(une.plus_ancienne),
            "age_jours": max(0, (now - une.plus_ancienne).days),
        }
        for une in lignes
    ]
    return {
        "releve_le": instant(now),
        "nombre": sum(une.nombre for une in lignes),
        "inconnus": sum(une.inconnus for une in lignes),
        "amc_centimes": sum(une.amc_centimes for une in lignes),
        "paye_centimes": sum(une.paye_centimes for une in lignes),
        "elements": elements,
        "suivant": None,
    }
