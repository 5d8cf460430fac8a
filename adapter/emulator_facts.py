"""What `init --emulateur` asks a running emulator: platforms and accounts over its control API, and its directory.

The directory comes from the emulator's own command (`tp-emulator annuaire --toml`): the two programs share no code.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tierspayant.adapter.annuaire import text
from tierspayant.adapter.init import FINESS_DEMO, Emulateur, InitRefuse, PlateformeConnue
from tierspayant.schemas import plain
from tierspayant.schemas.platforms import dialects

DELAI = 20.0
"""Seconds: everything asked here is on this machine."""


def from_ready_file(chemin: Path) -> Emulateur:
    """Everything init needs. Raises InitRefuse with one sentence."""
    try:
        pret: Mapping[str, Any] = json.loads(chemin.read_text(encoding="utf-8"))
        control, urls = str(pret["control"]), {str(nom): str(url) for nom, url in pret["plateformes"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InitRefuse(f"{chemin}: not the ready file of an emulator (is it running?)") from None
    session = f"{control}/_control/v1/sessions/default"
    reglages, magasins = _get(f"{session}/reglages"), _get(f"{session}/magasins")
    identites = _get(f"{session}/identite")
    plateformes = tuple(
        PlateformeConnue(
            nom=nom,
            dialecte=_dialect(nom, reglages.get(nom, {})),
            url=url,
            comptes=_accounts(nom, magasins),
            identite=_WAYS.get(identites[nom]["authentification"], "aucune"),
            session=_SESSIONS[identites[nom]["second_facteur"]] if identites[nom]["session"] else "aucune",
            fichiers=_shown(session, nom, identites[nom]),
        )
        for nom, url in urls.items()
    )
    ca = pret.get("ca")
    return Emulateur(
        plateformes=plateformes,
        annuaire=_directory(frozenset(urls)),
        ca=None if ca is None else Path(ca).read_text(encoding="ascii"),
    )


_WAYS = {"usernametoken": "usernametoken", "x509": "x509"}
"""What is put in a message; a certificate of the connection alone is set by hand (certificat_fichier)."""
_SESSIONS = {"totp": "totp", "courriel": "code", "sms": "code"}
"""The adapter's way for each second factor of the emulator."""


def _shown(session: str, nom: str, identite: Mapping[str, Any]) -> Mapping[str, str]:
    """What the demo shop's account shows besides its secret: a certificate with its key, a TOTP secret."""
    shown: dict[str, str] = {}
    if identite["authentification"] == "x509":
        made = _get(f"{session}/certificats", {"magasins": [FINESS_DEMO]})
        shown |= {"certificat_fichier": made["certificat"], "cle_fichier": made["cle"]}
    if identite["session"] and identite["second_facteur"] == "totp":
        comptes = _get(f"{session}/comptes")["elements"]
        shown |= {f"{clef}_fichier": un[clef] for un in comptes for clef in ("totp",) if _is(un, nom, FINESS_DEMO)}
    return shown


def _is(compte: Mapping[str, Any], nom: str, magasin: str) -> bool:
    return (compte["plateforme"], compte["magasin"]) == (nom, magasin)


def _get(url: str, corps: object = None) -> Any:
    """The document of an answer; `corps` makes it a POST."""
    if not url.startswith("http://"):
        raise InitRefuse("the emulator's control base is an http:// address")
    data = None if corps is None else json.dumps(corps).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=DELAI) as reponse:
            return json.loads(reponse.read())
    except (OSError, ValueError):
        raise InitRefuse(f"{url}: the emulator does not answer") from None


def _dialect(nom: str, traits: Mapping[str, Any]) -> str:
    """The dialect of that name, else the one whose way of speaking the platform's settings have (a white label)."""
    if nom in dialects():
        return nom
    parler = ("version_soap", "lots", "organisme_choisi")
    for dialecte, un in sorted(dialects().items()):
        plats = plain.to_plain(un.traits)
        if all(plats[trait] == traits.get(trait) for trait in parler):
            return dialecte
    raise InitRefuse(f"the emulator's platform {nom} speaks no dialect that is installed here")


def _accounts(nom: str, magasins: Mapping[str, Any]) -> Mapping[str, tuple[str, str]]:
    """User name (the FINESS, as the emulator has it) and secret of each ready-made shop."""
    return {
        un["finess"]: (un["finess"], str(un["comptes"][nom]))
        for un in magasins.get("elements", [])
        if nom in un.get("comptes", {})
    }


def _directory(plateformes: frozenset[str]) -> str:
    """The emulator's directory, without the platforms it does not serve now."""
    voisin = Path(sys.executable).with_name("tp-emulator")
    commande = str(voisin) if voisin.exists() else shutil.which("tp-emulator")
    if commande is None:
        raise InitRefuse("tp-emulator is not installed here: the payer directory cannot be filled")
    fini = subprocess.run([commande, "annuaire", "--toml"], capture_output=True, timeout=DELAI, check=False)
    try:
        entrees = tomllib.loads(fini.stdout.decode())["entree"]
    except (ValueError, KeyError):
        raise InitRefuse("tp-emulator annuaire --toml gave no directory") from None
    return text([une for une in entrees if une.get("plateforme") in plateformes])
