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
from tierspayant.adapter.init import FINESS_DEMO, EmulatorFacts, InitRefused, KnownPlatform
from tierspayant.schemas import plain
from tierspayant.schemas.platforms import dialects

TIMEOUT = 20.0
"""Seconds: everything asked here is on this machine."""


def from_ready_file(path: Path) -> EmulatorFacts:
    """Everything init needs. Raises InitRefused with one sentence."""
    try:
        ready: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        control, urls = str(ready["control"]), {str(name): str(url) for name, url in ready["plateformes"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InitRefused(f"{path}: not the ready file of an emulator (is it running?)") from None
    session = f"{control}/_control/v1/sessions/default"
    traits_set, magasins = _get(f"{session}/reglages"), _get(f"{session}/magasins")
    identities = _get(f"{session}/identite")
    plateformes = tuple(
        KnownPlatform(
            nom=name,
            dialecte=_dialect(name, traits_set.get(name, {})),
            url=url,
            comptes=_accounts(name, magasins),
            identite=_WAYS.get(identities[name]["authentification"], "aucune"),
            session=_SESSIONS[identities[name]["second_facteur"]] if identities[name]["session"] else "aucune",
            fichiers=_shown(session, name, identities[name]),
        )
        for name, url in urls.items()
    )
    ca = ready.get("ca")
    return EmulatorFacts(
        plateformes=plateformes,
        annuaire=_directory(frozenset(urls)),
        ca=None if ca is None else Path(ca).read_text(encoding="ascii"),
    )


_WAYS = {"usernametoken": "usernametoken", "x509": "x509"}
"""What is put in a message; a certificate of the connection alone is set by hand (certificat_fichier)."""
_SESSIONS = {"totp": "totp", "courriel": "code", "sms": "code"}
"""The adapter's way for each second factor of the emulator."""


def _shown(session: str, name: str, identite: Mapping[str, Any]) -> Mapping[str, str]:
    """What the demo shop's account shows besides its secret: a certificate with its key, a TOTP secret."""
    shown: dict[str, str] = {}
    if identite["authentification"] == "x509":
        made = _get(f"{session}/certificats", {"magasins": [FINESS_DEMO]})
        shown |= {"certificat_fichier": made["certificat"], "cle_fichier": made["cle"]}
    if identite["session"] and identite["second_facteur"] == "totp":
        accounts = _get(f"{session}/comptes")["elements"]
        shown["totp_fichier"] = next(one["totp"] for one in accounts if _is(one, name, FINESS_DEMO))
    return shown


def _is(compte: Mapping[str, Any], name: str, magasin: str) -> bool:
    return (compte["plateforme"], compte["magasin"]) == (name, magasin)


def _get(url: str, body: object = None) -> Any:
    """The document of an answer; `body` makes it a POST."""
    if not url.startswith("http://"):
        raise InitRefused("the emulator's control base is an http:// address")
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=TIMEOUT) as reply:
            return json.loads(reply.read())
    except (OSError, ValueError):
        raise InitRefused(f"{url}: the emulator does not answer") from None


def _dialect(name: str, traits: Mapping[str, Any]) -> str:
    """The dialect of that name, else the one whose way of speaking the platform's settings have (a white label)."""
    if name in dialects():
        return name
    ways = ("version_soap", "lots", "organisme_choisi")
    for dialecte, one in sorted(dialects().items()):
        flat = plain.to_plain(one.traits)
        if all(flat[trait] == traits.get(trait) for trait in ways):
            return dialecte
    raise InitRefused(f"the emulator's platform {name} speaks no dialect that is installed here")


def _accounts(name: str, magasins: Mapping[str, Any]) -> Mapping[str, tuple[str, str]]:
    """User name (the FINESS, as the emulator has it) and secret of each ready-made shop."""
    return {
        one["finess"]: (one["finess"], str(one["comptes"][name]))
        for one in magasins.get("elements", [])
        if name in one.get("comptes", {})
    }


def _directory(plateformes: frozenset[str]) -> str:
    """The emulator's directory, without the platforms it does not serve now."""
    neighbour = Path(sys.executable).with_name("tp-emulator")
    command = str(neighbour) if neighbour.exists() else shutil.which("tp-emulator")
    if command is None:
        raise InitRefused("tp-emulator is not installed here: the payer directory cannot be filled")
    done = subprocess.run([command, "annuaire", "--toml"], capture_output=True, timeout=TIMEOUT, check=False)
    try:
        entries = tomllib.loads(done.stdout.decode())["entree"]
    except (ValueError, KeyError):
        raise InitRefused("tp-emulator annuaire --toml gave no directory") from None
    return text([one for one in entries if one.get("plateforme") in plateformes])
