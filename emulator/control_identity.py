"""Accounts, codes and certificates in the control API: what only the platform's own staff could see or change.

GET, PUT identite          what each platform asks of who speaks
GET, PUT comptes           accounts and their state; PUT a list of {plateforme, magasin, etat?, secret?}
GET codes                  the codes "sent by e-mail" that still wait to be typed
POST certificats           {magasins, debut?, fin?}: a certificate that speaks for these shops, with its key
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from tierspayant.emulator.accounts import Account
from tierspayant.emulator.certificates import BEGIN, END
from tierspayant.emulator.control_evidence import Asked
from tierspayant.emulator.effects import convert
from tierspayant.emulator.identity import Exigence
from tierspayant.emulator.problem import Problem, json_response
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.plain import to_plain
from tierspayant.schemas.wire import HttpResponse


class CompteOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """etat null: usable, its failures forgotten. secret: a new one."""

    plateforme: str
    magasin: str
    etat: RaisonCompte | msgspec.UnsetType | None = msgspec.UNSET
    secret: str | None = None


class CertificatOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    magasins: tuple[Finess, ...]
    debut: dt.datetime = BEGIN
    fin: dt.datetime = END


def get_identite(session: Session, asked: Asked) -> HttpResponse:
    return json_response({nom: to_plain(une) for nom, une in session.identity.exigences.items()})


def put_identite(session: Session, asked: Asked) -> HttpResponse:
    """What the platforms named ask from now on, the others as they are; all of them, or none when one is wrong."""
    changes = convert(dict[str, dict[str, Any]], asked.json(), "$")
    new: dict[str, Exigence] = {}
    for nom, fields in changes.items():
        _platform(session, nom, f"$.{nom}")
        new[nom] = convert(Exigence, to_plain(session.identity.exigences[nom]) | fields, f"$.{nom}")
        unknown = sorted(set(fields) - set(to_plain(new[nom])))
        if unknown:
            raise Problem(422, "champ_invalide", "no such setting", f"$.{nom}.{unknown[0]}")
    session.identity.exigences.update(new)
    return get_identite(session, asked)


def get_comptes(session: Session, asked: Asked) -> HttpResponse:
    accounts = session.identity.accounts
    rows = [_shown(one) for nom in session.plateformes for one in accounts.of_platform(nom)]
    return json_response({"elements": rows, "suivant": None})


def _shown(account: Account) -> dict[str, object]:
    return {
        "plateforme": account.plateforme,
        "magasin": account.magasin,
        "utilisateur": account.magasin,
        "etat": account.etat,
        "echecs": account.echecs,
        "totp": account.totp,
    }


def put_comptes(session: Session, asked: Asked) -> HttpResponse:
    found: list[tuple[Account, CompteOrder]] = []
    for rank, row in enumerate(convert(list[CompteOrder], asked.json(), "$")):
        _platform(session, row.plateforme, f"$[{rank}].plateforme")
        account = session.identity.accounts.get(row.plateforme, row.magasin)
        if account is None:
            raise Problem(422, "champ_invalide", "this shop has no account on this platform", f"$[{rank}].magasin")
        found.append((account, row))
    for account, row in found:
        if row.etat is not msgspec.UNSET:
            account.etat, account.echecs = row.etat, 0
        account.secret = row.secret or account.secret
    return get_comptes(session, asked)


def get_codes(session: Session, asked: Asked) -> HttpResponse:
    rows = [
        {"plateforme": nom, "magasin": one.magasin, "code": one.code.code, "envoye_le": one.code.envoye_le.isoformat()}
        for nom in session.plateformes
        for one in session.identity.accounts.of_platform(nom)
        if one.code is not None
    ]
    return json_response({"elements": rows, "suivant": None})


def post_certificats(session: Session, asked: Asked) -> HttpResponse:
    order = convert(CertificatOrder, asked.json(), "$")
    if not order.magasins:
        raise Problem(422, "champ_invalide", "name at least one shop", "$.magasins")
    if order.debut.tzinfo is None or order.fin.tzinfo is None or order.fin <= order.debut:
        raise Problem(422, "champ_invalide", "an end after the beginning, both with their offset", "$.fin")
    authority = session.identity.authority
    issued = authority.issue_shop(tuple(one.clair for one in order.magasins), order.debut, order.fin)
    pem = {"certificat": issued.certificat.decode(), "cle": issued.cle.decode(), "ca": authority.pem.decode()}
    return json_response(pem, 201)


def _platform(session: Session, nom: str, place: str) -> None:
    if nom not in session.plateformes:
        raise Problem(422, "champ_invalide", f"no such platform; there are {', '.join(session.plateformes)}", place)


RESOURCES: dict[str, dict[str, Callable[[Session, Asked], HttpResponse]]] = {
    "identite": {"GET": get_identite, "PUT": put_identite},
    "comptes": {"GET": get_comptes, "PUT": put_comptes},
    "codes": {"GET": get_codes},
    "certificats": {"POST": post_certificats},
}
