"""What stands beside an entry when it is shown: the platform's answer, the amounts, its service, the account.

One function inside one read transaction, so that what is shown together was true together.
"""

from __future__ import annotations

from typing import Any

from tierspayant.adapter.compose import read_corps, read_reponse
from tierspayant.adapter.demandes import FactureCorps
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.render import Beside, instant
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.adapter.vault import CleManquante, Vault
from tierspayant.schemas.messages import Montants, PecReponse, Reponse
from tierspayant.schemas.operations import Operation


class EntryGone(Exception):
    """The entry was there a moment ago and is not any more (purged meanwhile)."""


def view(tables: Tables, vault: Vault, identifier: str) -> tuple[Entry, Beside]:
    """The entry as it stands now and what is shown with it. A purged charge shows as not known."""
    entry = tables.entry(identifier)
    if entry is None:
        raise EntryGone(identifier)
    membre = tables.membre(entry.id)
    return entry, Beside(
        reponse=_answer(tables, vault, entry),
        montants=_amounts(tables, vault, entry),
        service=tables.disponibilite(entry.plateforme, entry.service),
        compte=tables.compte(entry.plateforme, entry.magasin),
        dernier_connu=_last_known(tables, entry),
        numero_lot=None if membre is None else membre.numero,
    )


def _charge(tables: Tables, vault: Vault, entry: Entry, genre: str) -> bytes | None:
    try:
        return vault.get(tables, entry, genre)
    except CleManquante:
        return None


def _answer(tables: Tables, vault: Vault, entry: Entry) -> Reponse | None:
    return read_reponse(entry.operation, _charge(tables, vault, entry, "reponse"))


def _amounts(tables: Tables, vault: Vault, entry: Entry) -> Montants | None:
    """An invoice's amounts are its own, else those of its PEC's grant; other requests have those of their answer."""
    if entry.operation is not Operation.FACTURE:
        return None
    data = _charge(tables, vault, entry, "corps")
    corps = None if data is None else read_corps(entry.operation, data)
    if isinstance(corps, FactureCorps) and corps.montants is not None:
        return corps.montants
    pec = tables.entry(entry.cible) if entry.cible else None
    answer = _answer(tables, vault, pec) if pec else None
    return answer.montants if isinstance(answer, PecReponse) else None


def _last_known(tables: Tables, entry: Entry) -> dict[str, Any] | None:
    """For a rights check without an answer: the shop's last answer for the same card and person, with its date.

    Old rights are shown as old, never as an answer (docs/domain/platforms-and-outage.md (d)).
    """
    if entry.operation is not Operation.DROITS or entry.resultat is not None:
        return None
    former = tables.former_rights(entry.id)
    if former is None:
        return None
    return {"resultat": former.resultat, "releve_le": instant(former.maj_le), "demande": former.id}
