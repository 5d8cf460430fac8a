"""The tables over SQL: each method is one named statement. Engines differ by their statements and their `run`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from tierspayant.adapter.availability import Compte, Disponibilite
from tierspayant.adapter.avances import DEBUT, TRANCHES, Avance, Curseur, LigneAge, Orphelins
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.remittances import Releve, Retour
from tierspayant.adapter.storage import rows
from tierspayant.adapter.storage.fair import in_turn
from tierspayant.adapter.storage.protocol import (
    CleDonnees,
    DejaLa,
    Depasse,
    Evenement,
    Filtre,
    LigneEncours,
    Membre,
    Sealed,
    Tentative,
)
from tierspayant.schemas import plain
from tierspayant.schemas.operations import Operation, Service

T = TypeVar("T")

PRIORITES = range(4)
"""0 at the counter, 1 ready to bill or soon to lapse, 2 ordinary, 3 questions about a state (policy.priorite)."""

Run = Callable[[str, dict[str, Any]], list[dict[str, Any]]]
"""Execute a named statement and give its rows; for an UPDATE or DELETE one row {'n': rows changed}."""


class SqlTables:
    """Tables (protocol.py) inside the transaction that `run` belongs to. `duplicate`: is this a unique violation?"""

    def __init__(self, run: Run, duplicate: Callable[[Exception], bool]) -> None:
        self._run = run
        self._duplicate = duplicate

    def _all(self, cible: type[T], nom: str, **parametres: Any) -> list[T]:
        return [rows.value(cible, row) for row in self._run(nom, rows.text_row(parametres))]

    def _one(self, cible: type[T], nom: str, **parametres: Any) -> T | None:
        found = self._all(cible, nom, **parametres)
        return found[0] if found else None

    def _entries(self, nom: str, **parametres: Any) -> list[Entry]:
        return [rows.entry(row) for row in self._run(nom, rows.text_row(parametres))]

    def _entry(self, nom: str, **parametres: Any) -> Entry | None:
        found = self._entries(nom, **parametres)
        return found[0] if found else None

    def _instant(self, nom: str, column: str, **parametres: Any) -> dt.datetime | None:
        found = self._run(nom, rows.text_row(parametres))
        return dt.datetime.fromisoformat(found[0][column]) if found else None

    # ---- entries

    def entry(self, identifiant: str) -> Entry | None:
        return self._entry("entry", id=identifiant)

    def entry_by_reference(self, magasin: str, reference: str) -> Entry | None:
        return self._entry("entry_by_reference", magasin=magasin, reference=reference)

    def entry_by_numero(self, magasin: str, operation: Operation, numero: str) -> Entry | None:
        return self._entry("entry_by_numero", magasin=magasin, operation=operation, numero=numero)

    def insert_entry(self, entry: Entry, empreinte: str) -> None:
        try:
            [row] = self._run("insert_entry", {**rows.entry_row(entry), "empreinte": empreinte})
        except Exception as erreur:  # the engine's own error type; anything but a duplicate goes on as it is
            if not self._duplicate(erreur):
                raise
            raise DejaLa(entry.id) from erreur
        if row["n"] != 1:  # an engine whose errors end a transaction says it so
            raise DejaLa(entry.id)

    def empreinte(self, identifiant: str) -> str | None:
        found = self._run("empreinte", {"id": identifiant})
        return str(found[0]["empreinte"]) if found else None

    def update_entry(self, entry: Entry) -> None:
        if self._run("update_entry", rows.entry_row(entry))[0]["n"] != 1:
            raise Depasse(entry.id)

    def dossier(self, magasin: str, dossier: str) -> Sequence[Entry]:
        return self._entries("dossier", magasin=magasin, dossier=dossier)

    def entries(self, filtre: Filtre) -> Sequence[Entry]:
        champs = {nom: getattr(filtre, nom) for nom in Filtre.__dataclass_fields__}
        return self._entries("entries", **{**champs, "etats": json.dumps(filtre.etats)})

    def due(self, plateforme: str, service: Service, now: dt.datetime, limite: int, after: str = "") -> Sequence[Entry]:
        found: list[Entry] = []
        for priorite in PRIORITES:
            lane = {"plateforme": plateforme, "service": service, "priorite": priorite, "now": now}
            found += in_turn(partial(self._next_shop, lane), partial(self._of_shop, lane), limite - len(found), after)
        return found

    def _next_shop(self, lane: dict[str, Any], after: str) -> str | None:
        found = self._run("next_shop", rows.text_row({**lane, "after": after}))
        return str(found[0]["magasin"]) if found else None

    def _of_shop(self, lane: dict[str, Any], magasin: str, limite: int) -> Sequence[Entry]:
        return self._entries("due", **lane, magasin=magasin, limite=limite)

    def demote(self, plateforme: str, service: Service) -> None:
        self._run("demote", {"plateforme": plateforme, "service": service})

    def next_due(self, plateforme: str, service: Service, after: dt.datetime) -> dt.datetime | None:
        return self._instant("next_due", "du_le", plateforme=plateforme, service=service, after=after)

    def lapsed(self, plateforme: str, service: Service, now: dt.datetime, limite: int) -> Sequence[Entry]:
        return self._entries("lapsed", plateforme=plateforme, service=service, now=now, limite=limite)

    def next_lapse(self, plateforme: str, service: Service, after: dt.datetime) -> dt.datetime | None:
        return self._instant("next_lapse", "expire_le", plateforme=plateforme, service=service, after=after)

    def count(self, magasin: str | None = None, etats: Sequence[Etat] = ()) -> int:
        nom, parametres = ("count_all", {}) if magasin is None else ("count", {"magasin": magasin})
        [row] = self._run(nom, {**parametres, "etats": json.dumps(list(etats))})
        return int(next(iter(row.values())))

    def encours(self, magasin: str | None) -> Sequence[LigneEncours]:
        return self._all(LigneEncours, "encours", magasin=magasin)

    # ---- charges and their keys

    def charge(self, entree: str, genre: str) -> Sealed | None:
        return self._one(Sealed, "charge", entree=entree, genre=genre)

    def put_charge(self, entree: str, genre: str, sealed: Sealed) -> None:
        self._run("put_charge", {"entree": entree, "genre": genre, "cle": sealed.cle, "octets": sealed.octets})

    def delete_charge(self, entree: str, genre: str) -> None:
        self._run("delete_charge", {"entree": entree, "genre": genre})

    def delete_charges(self, entree: str) -> int:
        return int(self._run("delete_charges", {"entree": entree})[0]["n"])

    def data_key(self, identifiant: str) -> CleDonnees | None:
        return self._one(CleDonnees, "key", id=identifiant)

    def data_key_of(self, magasin: str, dossier: str) -> CleDonnees | None:
        return self._one(CleDonnees, "key_of", magasin=magasin, dossier=dossier)

    def put_data_key(self, cle: CleDonnees) -> None:
        self._run("put_key", {nom: getattr(cle, nom) for nom in CleDonnees.__dataclass_fields__})

    def data_keys(self) -> Sequence[CleDonnees]:
        return self._all(CleDonnees, "keys")

    def delete_data_key(self, identifiant: str) -> None:
        self._run("delete_key", {"id": identifiant})

    # ---- lots

    def membre(self, entree: str) -> Membre | None:
        return self._one(Membre, "membre", entree=entree)

    def membres(self, lot: str) -> Sequence[Membre]:
        return self._all(Membre, "membres", lot=lot)

    def put_membre(self, membre: Membre) -> None:
        if self._run("put_membre", _columns(membre))[0]["n"] != 1:
            raise DejaLa(membre.entree)

    def delete_membre(self, entree: str) -> None:
        self._run("delete_membre", {"entree": entree})

    def loose_invoices(self, plateforme: str, magasin: str, now: dt.datetime, limite: int) -> Sequence[Entry]:
        return self._entries("loose_invoices", plateforme=plateforme, magasin=magasin, now=now, limite=limite)

    # ---- attempts

    def put_tentative(self, tentative: Tentative) -> None:
        self._run("put_tentative", _columns(tentative))

    def tentatives(self, entree: str) -> Sequence[Tentative]:
        return self._all(Tentative, "tentatives", entree=entree)

    # ---- availability

    def disponibilite(self, plateforme: str, service: Service) -> Disponibilite | None:
        return self._one(Disponibilite, "disponibilite", plateforme=plateforme, service=service)

    def put_disponibilite(self, disponibilite: Disponibilite) -> None:
        self._run("put_disponibilite", _columns(disponibilite))

    def disponibilites(self) -> Sequence[Disponibilite]:
        return self._all(Disponibilite, "disponibilites")

    def place(self, plateforme: str) -> dt.datetime | None:
        found = self._run("place", {"plateforme": plateforme})
        return rows.from_micros(found[0]["prise"]) if found else None

    def take_place(self, plateforme: str, now: dt.datetime, limite: dt.datetime, pas: dt.timedelta) -> bool:
        instants = {"now": rows.micros(now), "limite": rows.micros(limite), "pas": pas // rows.MICRO}
        return bool(self._run("take_place", {"plateforme": plateforme, **instants})[0]["n"])

    def compte(self, plateforme: str, magasin: str) -> Compte | None:
        return self._one(Compte, "compte", plateforme=plateforme, magasin=magasin)

    def put_compte(self, compte: Compte) -> None:
        self._run("put_compte", _columns(compte))

    def comptes(self, magasin: str | None = None) -> Sequence[Compte]:
        return self._all(Compte, "comptes", magasin=magasin)

    # ---- events

    def add_evenement(
        self,
        type_: str,
        a: dt.datetime,
        magasin: str | None = None,
        entree: str | None = None,
        donnees: dict[str, str | int | None] | None = None,
    ) -> int:
        [row] = self._run(
            "add_evenement",
            rows.text_row(
                {"type": type_, "a": a, "magasin": magasin, "entree": entree, "donnees": json.dumps(donnees or {})}
            ),
        )
        return int(row["id"])

    def evenements(self, magasin: str | None, depuis: int, limite: int) -> Sequence[Evenement]:
        return self._all(Evenement, "evenements", magasin=magasin, depuis=depuis, limite=limite)

    # ---- payment returns

    def releve(self, plateforme: str, magasin: str) -> Releve | None:
        return self._one(Releve, "releve", plateforme=plateforme, magasin=magasin)

    def put_releve(self, releve: Releve) -> None:
        self._run("put_releve", _columns(releve))

    def releves(self, plateforme: str) -> Sequence[Releve]:
        return self._all(Releve, "releves", plateforme=plateforme)

    def add_retour(self, retour: Retour) -> bool:
        row = {**_columns(retour), "motifs": plain.to_json(retour.motifs).decode()}
        return bool(self._run("add_retour", row)[0]["n"])

    def retours_of(self, entree: str) -> Sequence[Retour]:
        return self._all(Retour, "retours_of", entree=entree)

    def retours(self, magasin: str | None, depuis: dt.date, limite: int) -> Sequence[Retour]:
        return self._all(Retour, "retours", magasin=magasin, depuis=depuis, limite=limite)

    def expected(self, plateforme: str, magasin: str, resultats: Sequence[str]) -> bool:
        wanted = json.dumps([str(un) for un in resultats])
        return bool(self._run("expected", {"plateforme": plateforme, "magasin": magasin, "resultats": wanted}))

    # ---- paid up front, former rights checks, money by age

    def lock_file(self, magasin: str, dossier: str) -> None:
        self._run("lock_file", {"magasin": magasin, "dossier": dossier})

    def avance(self, magasin: str, dossier: str) -> Avance | None:
        return self._one(Avance, "avance", magasin=magasin, dossier=dossier)

    def put_avance(self, avance: Avance) -> None:
        self._run("put_avance", {**_columns(avance), "donnees": json.dumps(avance.donnees)})

    def likes(self, entree: str) -> Sequence[Entry]:
        return self._entries("likes", entree=entree)

    def put_personne(self, entree: str, magasin: str, personne: str) -> None:
        self._run("put_personne", {"entree": entree, "magasin": magasin, "personne": personne})

    def former_rights(self, entree: str) -> Entry | None:
        return self._entry("former_rights", entree=entree)

    def rights_since(
        self, magasin: str, depuis: dt.datetime, limite: int, dossier: str | None = None
    ) -> Sequence[dt.datetime]:
        asked = {"magasin": magasin, "depuis": depuis, "limite": limite, "dossier": dossier}
        return [dt.datetime.fromisoformat(row["cree_le"]) for row in self._run("rights_since", rows.text_row(asked))]

    def ages(self, magasin: str | None, now: dt.datetime) -> Sequence[LigneAge]:
        noms = ("age_a", "age_b", "age_c")
        bornes = {nom: now - dt.timedelta(days=jours) for nom, jours in zip(noms, TRANCHES, strict=True)}
        return self._all(LigneAge, "ages", magasin=magasin, **bornes)

    def orphans(self, magasin: str | None) -> Orphelins:
        [found] = self._all(Orphelins, "orphans", magasin=magasin)
        return found

    def payments(self, magasin: str | None, depuis: dt.date, limite: int, apres: Curseur = DEBUT) -> Sequence[Retour]:
        noms = ("a_jour", "a_plateforme", "a_magasin", "a_bordereau", "a_rang")
        after = dict(zip(noms, apres, strict=True))
        return self._all(Retour, "payments", magasin=magasin, depuis=depuis, limite=limite, **after)


def _columns(valeur: Any) -> dict[str, Any]:
    return rows.text_row({nom: getattr(valeur, nom) for nom in valeur.__dataclass_fields__})
