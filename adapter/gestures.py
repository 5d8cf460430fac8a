"""What a person may do about a request: each gesture is a legal move or a clear refusal, in one transaction.

`storage.write(lambda t: act(t, ...))`, then wake the lanes it gives. Withdrawing is for what certainly never left;
anything else that may be at the platform is first asked there, cancelled there, or settled by a person who looked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from tierspayant.adapter import policy
from tierspayant.adapter.availability import Compte, Retenue
from tierspayant.adapter.entry import Entry, Etat, Geste, Raison, advance, revise
from tierspayant.adapter.records import Lane, change
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.schemas.operations import Operation

NUMERO_MAX = 40
"""Characters of a number keyed on the portal: the longest known have 15."""

_ASK_FIRST = frozenset({Raison.REPONSE_ILLISIBLE, Raison.INCONNUE_PLATEFORME, Raison.DOUBLON_PROBABLE})
"""Reasons after which trying again means asking the platform first: it may have acted."""
_CLIENT = frozenset({Raison.CONFIRMER_CLIENT, Raison.CARTE_PERIMEE, Raison.PRESCRIPTION_PERIMEE})
_NUMBERED = frozenset({Operation.DEVIS, Operation.PEC, Operation.FACTURE})


@dataclass(frozen=True, slots=True)
class Done:
    """The entry as it became, and the lanes to wake."""

    entry: Entry
    lanes: frozenset[Lane]


@dataclass(frozen=True, slots=True)
class Refused:
    """Not in this state. `code` is stable, `detail` is French for the person who asked."""

    code: str
    detail: str


Result: TypeAlias = Done | Refused


def act(tables: Tables, entry: Entry, geste: Geste, now: dt.datetime, numero: str | None = None) -> Result:
    """Do a gesture. `numero`: the platform's number, for FAIT_AILLEURS."""
    if geste is Geste.FAIT_AILLEURS:
        return _done_elsewhere(tables, entry, now, numero)
    return _GESTES[geste](tables, entry, now)


def withdraw(tables: Tables, entry: Entry, now: dt.datetime) -> Result:
    """Take back a request that certainly never left."""
    if entry.etat is Etat.RETIREE:
        return Done(entry, frozenset())
    if entry.etat not in {Etat.EN_FILE, Etat.RETENUE}:
        return Refused("deja_partie", "cette demande est partie ou terminée : demandez son annulation à la plateforme")
    if may_be_there(entry):
        return Refused(
            "peut_etre_recue", "la plateforme a peut-être reçu cette demande : relancez-la, elle sera d'abord vérifiée"
        )
    return _write(tables, entry, advance(entry, Etat.RETIREE, now), now)


def may_be_there(entry: Entry) -> bool:
    """Whether it is held after it left, for a reason that leaves open what the platform did with it."""
    doubts = {Raison.DOUTE_SANS_RECHERCHE, *_ASK_FIRST}
    return entry.action is not None and entry.action.raison in doubts


def _confirm(tables: Tables, entry: Entry, now: dt.datetime) -> Result:
    if entry.etat is not Etat.RETENUE or entry.action is None or entry.action.raison not in _CLIENT:
        return Refused("rien_a_confirmer", "cette demande n'attend pas la confirmation du client")
    return _write(tables, entry, advance(entry, Etat.EN_FILE, now, du_le=now, client_confirme=True), now)


def _retry(tables: Tables, entry: Entry, now: dt.datetime) -> Result:
    """Held: back to the queue, or to the doubt when the platform may have acted. Queued or being decided: look now."""
    if entry.etat is Etat.RETENUE and entry.action is not None:
        ask = entry.action.raison in _ASK_FIRST and entry.envoye_le is not None
        vers = Etat.INCERTAINE if ask else Etat.EN_FILE
        looked = entry.action.raison in {Raison.TENTATIVES_EPUISEES, Raison.DOUBLON_PROBABLE} and not ask
        changes = {"client_confirme": True} if looked else {}
        return _write(tables, entry, advance(entry, vers, now, du_le=now, sondages=0, **changes), now)
    if entry.etat in {Etat.INCERTAINE, Etat.EN_INSTANCE}:
        return _write(tables, entry, revise(entry, now, du_le=now, sondages=0), now)
    if entry.etat is Etat.EN_FILE and entry.du_le is not None:
        return _write(tables, entry, revise(entry, now, du_le=now), now)
    if entry.etat is Etat.TERMINEE and entry.action is not None:
        return _write(tables, entry, revise(entry, now, action=None), now)
    return Refused("rien_a_relancer", "cette demande est terminée, ou attend une autre demande du même dossier")


def _give_up(tables: Tables, entry: Entry, now: dt.datetime) -> Result:
    """A person takes it on themselves: also what may be at the platform, since they looked there."""
    if entry.etat is Etat.RETENUE:
        return _write(tables, entry, advance(entry, Etat.RETIREE, now), now)
    return withdraw(tables, entry, now)


def _hold_back(tables: Tables, entry: Entry, now: dt.datetime) -> Result:
    if entry.etat is not Etat.EN_FILE:
        return Refused("pas_en_file", "seule une demande en file peut être retenue")
    return _write(tables, entry, advance(entry, Etat.RETENUE, now, action=policy.held(Raison.A_LA_MAIN)), now)


def _done_elsewhere(tables: Tables, entry: Entry, now: dt.datetime, numero: str | None) -> Result:
    """It was keyed by hand on the portal meanwhile: take over that number, and ask the platform for its state."""
    if entry.operation not in _NUMBERED:
        return Refused("sans_numero", "cette demande n'a pas de numéro à la plateforme")
    if numero is None or not 0 < len(numero) <= NUMERO_MAX or not numero.isalnum():
        return Refused("numero_invalide", f"le numéro de la plateforme a 1 à {NUMERO_MAX} lettres ou chiffres")
    if entry.etat not in {Etat.EN_FILE, Etat.INCERTAINE, Etat.RETENUE}:
        return Refused("deja_partie", "cette demande est déjà à la plateforme")
    other = tables.entry_by_numero(entry.magasin, entry.operation, numero)
    if other is not None and other.id != entry.id:
        return Refused("numero_deja_pris", "une autre demande porte déjà ce numéro")
    attached = advance(
        entry, Etat.EN_INSTANCE, now, numero=numero, ailleurs=True, du_le=now, sondages=0, priorite=3, action=None
    )
    return _write(tables, entry, attached, now)


def _write(tables: Tables, before: Entry, entry: Entry, now: dt.datetime) -> Done:
    return Done(entry, frozenset(change(tables, before, entry, now)))


_GESTES: Mapping[Geste, Callable[[Tables, Entry, dt.datetime], Result]] = {
    Geste.CONFIRMER_CLIENT: _confirm,
    Geste.RELANCER: _retry,
    Geste.ABANDONNER: _give_up,
    Geste.RETENIR: _hold_back,
}


def reopen_account(tables: Tables, plateforme: str, magasin: str, now: dt.datetime) -> Compte | None:
    """The shop's account is good again (new secret, code given): what waited for it goes on, unless an operator paused
    it. The account as it was; None: it was not held."""
    compte = tables.compte(plateforme, magasin)
    if compte is None or not compte.retenu:
        return None
    if compte.raison is not Retenue.PAUSE:
        _hold(tables, replace(compte, raison=None, depuis=now))
    return compte


def pause_account(tables: Tables, plateforme: str, magasin: str, now: dt.datetime) -> bool:
    """An operator stops one shop's account on one platform. False: it was paused already."""
    known = tables.compte(plateforme, magasin)
    if known is not None and known.raison is Retenue.PAUSE:
        return False
    _hold(tables, Compte(plateforme=plateforme, magasin=magasin, depuis=now, raison=Retenue.PAUSE))
    return True


def resume_account(tables: Tables, plateforme: str, magasin: str, now: dt.datetime) -> bool:
    """An operator says that the account may serve again, whatever held it. False: it was not held."""
    known = tables.compte(plateforme, magasin)
    if known is None or not known.retenu:
        return False
    _hold(tables, replace(known, raison=None, depuis=now))
    return True


def _hold(tables: Tables, compte: Compte) -> None:
    """Write it, and tell the shop."""
    tables.put_compte(compte)
    donnees: dict[str, str | int | None] = {"plateforme": compte.plateforme, "raison": compte.raison}
    tables.add_evenement("compte", compte.depuis, compte.magasin, None, donnees)
