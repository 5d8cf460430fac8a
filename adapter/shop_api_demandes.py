"""Requests of a shop: accept one durably, show it, list them, withdraw it, answer what a person must answer.

A POST is read, checked whole, routed by the payer directory and recorded in one transaction; only then is it answered.
With `Prefer: wait=N` the call is kept until the platform answered or N seconds passed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from twisted.internet.defer import Deferred

from tierspayant.adapter import intake
from tierspayant.adapter.annuaire import Annuaire, AnnuaireAmbigu, AnnuaireInconnu, Entree
from tierspayant.adapter.body_json import lire, refuser
from tierspayant.adapter.conseil import PARIS
from tierspayant.adapter.demandes import CORPS, Corps, DevisCorps, DroitsCorps
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.field_rules import faults
from tierspayant.adapter.harvest_guard import HarvestGuard
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.problem import Erreur, Probleme, Refuse
from tierspayant.adapter.render import demande, instant, settled, statut
from tierspayant.adapter.shop_calls import (
    AUTEURS,
    Route,
    Veille,
    Visite,
    page,
    page_size,
    preferred_wait,
    refuse_parameter,
    route,
)
from tierspayant.adapter.shop_http import Reponse, en_json
from tierspayant.adapter.shop_view import view
from tierspayant.adapter.storage.protocol import Filtre, Storage, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.operations import Operation

CHEMINS: Final[Mapping[str, Operation]] = {
    "/v1/droits": Operation.DROITS,
    "/v1/devis": Operation.DEVIS,
    "/v1/pec": Operation.PEC,
    "/v1/factures": Operation.FACTURE,
}
SUITES: Final[Mapping[str, tuple[Operation, Operation]]] = {
    "/v1/pec/{id}/annulation": (Operation.PEC, Operation.ANNULATION_PEC),
    "/v1/pec/{id}/pieces": (Operation.PEC, Operation.PIECES),
    "/v1/factures/{id}/annulation": (Operation.FACTURE, Operation.ANNULATION_FACTURE),
}
"""Paths that act on another request: what that one must be, and the operation asked."""

ATTENTE_PAR_DEFAUT: Final[Mapping[Operation, int]] = {Operation.DROITS: 10, Operation.DEVIS: 10}
"""Seconds without `Prefer: wait`: someone stands at the counter. Everything else answers at once (interfaces.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demandes:
    """The handlers' tools. `wake` tells the lane of a platform's service that it has work."""

    storage: Storage
    vault: Vault
    ids: Ids
    annuaire: Callable[[], Annuaire]
    plateformes: Mapping[str, Plateforme]
    veille: Veille
    now: Callable[[], dt.datetime]
    wake: Callable[[Entry], None]
    file_max: int
    garde: HarvestGuard

    def routes(self) -> tuple[Route, ...]:
        posts = [route("POST", chemin, self._poster(op), roles=AUTEURS) for chemin, op in CHEMINS.items()]
        suites = [route("POST", chemin, self._follower(*ops), roles=AUTEURS) for chemin, ops in SUITES.items()]
        return (
            *posts,
            *suites,
            route("GET", "/v1/demandes", self.list, "etat plateforme dossier operation apres limite"),
            route("GET", "/v1/demandes/{id}", self._shower(None)),
            route("GET", "/v1/pec/{id}", self._shower(Operation.PEC)),
            route("GET", "/v1/factures/{id}", self._shower(Operation.FACTURE)),
            route("GET", "/v1/dossiers/{dossier}", self.dossier),
        )

    # ------------------------------------------------------------------------------------------------ accepting

    def _poster(self, operation: Operation) -> Callable[[Visite], Awaitable[Reponse]]:
        async def post(visite: Visite) -> Reponse:
            return await self._accept(visite, operation, None)

        return post

    def _follower(self, attendue: Operation, operation: Operation) -> Callable[[Visite], Awaitable[Reponse]]:
        async def post(visite: Visite) -> Reponse:
            cible = await self._entry(visite, attendue)
            return await self._accept(visite, operation, cible.id)

        return post

    async def _accept(self, visite: Visite, operation: Operation, cible: str | None) -> Reponse:
        corps = lire(visite.appel.corps, CORPS[operation])
        cle = visite.appel.entete("idempotency-key")
        if cle is not None and cle != corps.reference:
            raise Refuse(Probleme("cle_idempotence"))
        magasin = _shop(visite)
        connue = await self.storage.read(lambda tables: tables.entry_by_reference(magasin, corps.reference))
        if connue is None:
            self._check(corps)
            plateforme, organisme = self._route(corps)
        else:
            plateforme, organisme = connue.plateforme, connue.organisme
        nouvelle = intake.Nouvelle(
            magasin=magasin,
            operation=operation,
            corps=corps,
            plateforme=plateforme,
            organisme=organisme,
            cible=cible,
        )
        now = self.now()

        def record(tables: Tables) -> intake.Reception:
            if isinstance(corps, DroitsCorps) and tables.entry_by_reference(magasin, corps.reference) is None:
                self._spare_people(tables, corps, magasin, now)
            return intake.accept(tables, self.vault, self.ids, nouvelle, now, file_max=self.file_max)

        entry = _received(await self.storage.write(record))
        self.wake(entry)
        entry = await self._wait(visite, entry)
        return await self._shown(visite, entry, statut(entry))

    def _spare_people(self, tables: Tables, corps: DroitsCorps, magasin: str, now: dt.datetime) -> None:
        """Refuse a rights check beyond the hourly cap of the shop or of the file."""
        attente = self.garde.refuse_for(tables, magasin, corps.dossier, now)
        if attente is not None:
            apres = str(math.ceil(attente.total_seconds()))
            raise Refuse(Probleme("trop_de_demandes", entetes={"Retry-After": apres}))

    def _check(self, corps: Corps) -> None:
        fautes = faults(corps, self.now().astimezone(PARIS).date())
        if fautes:
            refuser(fautes)

    def _route(self, corps: Corps) -> tuple[str | None, str | None]:
        """Platform and organisme of a card; (None, None) for what follows another request."""
        if not isinstance(corps, DroitsCorps | DevisCorps):
            return None, None
        if corps.plateforme is not None and corps.plateforme not in self.plateformes:
            detail = f"plateformes connues : {', '.join(sorted(self.plateformes))}"
            refuser([Erreur("/plateforme", "PLATEFORME_INCONNUE", detail)])
        if corps.plateforme is not None and corps.organisme is not None:
            return corps.plateforme, corps.organisme
        carte = corps.carte
        try:
            entree = self.annuaire().chercher(
                carte.numero_amc.clair, carte.type_convention, carte.csr, corps.date_soins
            )
        except AnnuaireInconnu:
            if corps.plateforme is not None:
                return corps.plateforme, corps.organisme
            erreur = Erreur("/carte/numero_amc", "ANNUAIRE_INCONNU", "cette carte n'est pas dans l'annuaire")
            raise Refuse(Probleme("annuaire_inconnu", erreurs=(erreur,))) from None
        except AnnuaireAmbigu as doute:
            return _picked(doute.candidats, corps.plateforme, corps.organisme)
        return corps.plateforme or entree.plateforme, corps.organisme or entree.organisme

    async def _wait(self, visite: Visite, entry: Entry) -> Entry:
        """The entry once the platform answered, or as it stands when the wait is over. Real seconds: a person waits."""
        secondes = preferred_wait(visite.appel, ATTENTE_PAR_DEFAUT.get(entry.operation, 0))
        fin, partie = self.veille.seconds() + secondes, visite.appel.partie
        derniere = entry

        async def moved() -> bool:
            nonlocal derniere
            relue = await self.storage.read(lambda tables: tables.entry(entry.id))
            changed = relue is not None and relue.version != derniere.version
            derniere = relue or derniere
            return changed

        while not settled(derniere) and (reste := fin - self.veille.seconds()) > 0 and not _gone(partie):
            await self.veille.change(entry.id, reste, partie, moved)
            await moved()
        return derniere

    # -------------------------------------------------------------------------------------------------- showing

    def _shower(self, operation: Operation | None) -> Callable[[Visite], Awaitable[Reponse]]:
        async def show(visite: Visite) -> Reponse:
            return await self._shown(visite, await self._entry(visite, operation), 200)

        return show

    async def _entry(self, visite: Visite, operation: Operation | None) -> Entry:
        """The shop's own request of the path; anyone else's does not exist."""
        identifiant = visite.chemin["id"]
        entry = await self.storage.read(lambda tables: tables.entry(identifiant))
        if entry is None or visite.magasin not in {None, entry.magasin} or operation not in {None, entry.operation}:
            raise Refuse(Probleme("inconnu"))
        return entry

    async def _shown(self, visite: Visite, entry: Entry, code: int) -> Reponse:
        entry, contexte = await self.storage.read(lambda tables: view(tables, self.vault, entry.id))
        entetes = {"Location": f"/v1/demandes/{entry.id}"} if code == 202 else {}
        return en_json(demande(entry, contexte, visite.langue), code, entetes)

    async def list(self, visite: Visite) -> Reponse:
        filtre = _filter(visite)

        def work(tables: Tables) -> tuple[list[dict[str, Any]], str | None]:
            lues = tables.entries(filtre)
            suivant = lues[-1].id if len(lues) == filtre.limite else None
            return [demande(*view(tables, self.vault, une.id), visite.langue) for une in lues], suivant

        return en_json(page(*await self.storage.read(work)))

    async def dossier(self, visite: Visite) -> Reponse:
        """A whole file: its requests, oldest first, and what happened when."""
        magasin, nom = _shop(visite), visite.chemin["dossier"]

        def work(tables: Tables) -> tuple[list[dict[str, Any]], bool]:
            avance = tables.avance(magasin, nom)
            rows = [demande(*view(tables, self.vault, une.id), visite.langue) for une in tables.dossier(magasin, nom)]
            return rows, avance is not None and avance.active

        demandes, avance = await self.storage.read(work)
        if not demandes and not avance:
            raise Refuse(Probleme("inconnu"))
        document = {"dossier": nom, "avance_client": avance, "demandes": demandes, "releve_le": instant(self.now())}
        return en_json(document)


def _gone(partie: Deferred[None] | None) -> bool:
    return partie is not None and bool(partie.called)


def _shop(visite: Visite) -> str:
    if visite.magasin is None:
        raise Refuse(Probleme("interdit", "Cette action demande la clé d'un magasin."))
    return visite.magasin


def _received(reception: intake.Reception) -> Entry:
    """The accepted entry. Raises Refuse."""
    match reception:
        case intake.Accepted(entry) | intake.Same(entry):
            return entry
        case intake.Conflict(entry):
            erreur = Erreur("/reference", "REFERENCE_UNIQUE", "cette référence désigne déjà une autre demande")
            raise Refuse(Probleme("reference_reutilisee", erreurs=(erreur,), plus={"demande": entry.id}))
        case intake.CibleInconnue("id"):
            raise Refuse(Probleme("inconnu"))
        case intake.CibleInconnue(champ):
            erreur = Erreur(
                f"/{champ}", "DEMANDE_INCONNUE", "aucune demande de ce magasin ne porte ce nom ou ce numéro"
            )
            raise Refuse(Probleme("pec_inconnue" if champ == "pec" else "demande_invalide", erreurs=(erreur,)))
        case intake.AutreDossier(champ):
            erreur = Erreur(f"/{champ}", "AUTRE_DOSSIER", "cette demande est dans un autre dossier du magasin")
            raise Refuse(Probleme("demande_invalide", erreurs=(erreur,)))
        case intake.AvanceFaite():
            raise Refuse(Probleme("avance_client"))
        case intake.FilePleine(limite):
            detail = f"La file d'attente a atteint sa limite de {limite} demandes : rien n'a été enregistré."
            raise Refuse(Probleme("file_pleine", detail, plus={"limite": limite}, entetes={"Retry-After": "300"}))


def _picked(candidats: tuple[Entree, ...], plateforme: str | None, organisme: str | None) -> tuple[str, str | None]:
    """The one candidate the shop named. Raises Refuse with all of them."""
    restants = [un for un in candidats if plateforme in {None, un.plateforme} and organisme in {None, un.organisme}]
    if len({(un.plateforme, un.organisme) for un in restants}) == 1:
        return restants[0].plateforme, restants[0].organisme
    liste = [{"plateforme": un.plateforme, "organisme": un.organisme, "libelle": un.libelle} for un in candidats]
    erreur = Erreur("/carte/numero_amc", "ANNUAIRE_AMBIGU", "plusieurs organismes correspondent à cette carte")
    raise Refuse(Probleme("annuaire_ambigu", erreurs=(erreur,), plus={"candidats": liste}))


def _filter(visite: Visite) -> Filtre:
    requete = visite.requete
    try:
        etats = tuple(Etat(mot) for mot in requete["etat"].split(",")) if "etat" in requete else ()
    except ValueError:
        refuse_parameter("etat", f"Valeurs admises, séparées par des virgules : {', '.join(Etat)}.")
    operation = requete.get("operation")
    if operation is not None and operation not in CORPS:
        refuse_parameter("operation", f"Valeurs admises : {', '.join(CORPS)}.")
    return Filtre(
        magasin=visite.magasin,
        etats=etats,
        plateforme=requete.get("plateforme"),
        dossier=requete.get("dossier"),
        operation=None if operation is None else Operation(operation),
        apres=requete.get("apres"),
        limite=page_size(visite),
    )
