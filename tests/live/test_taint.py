"""Canaries: personal values and secrets go in by every door; nothing the daemon writes or says elsewhere has them.

The daemon is real, its SQLite file is real, the platform cuts, refuses, faults and answers rubbish. Then everything is
scanned: the log, metrics, events, problem bodies, what commands print, every column of the database, every byte of the
folder, every file name. Negative controls start the same daemon with one mask turned off: the scan must find it.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.two_daemons import World
from tests.unit.adapter_edges.bodies import DROITS, FACTURE, PEC, bent
from tierspayant.schemas.identity import Nir

TREIZE = "1710875999123"
CANARIES = {
    "family name": "ZQXKANARI",
    "first name": "WVJQUANA",
    "NIR": f"{TREIZE}{Nir.cle(TREIZE):02d}",
    "member number": "Z9X8W7V6Q5",
    "birth date": "1971-08-19",
    "document": "KANARIDOCUMENTZQX",
    "document name": "ordonnance-de-zqxkanari.pdf",
}
"""By what they are; nothing else in the world looks like them."""

KNOWN = {
    "granted family name": "DUPRE",
    "granted first name": "ALICE",
    "granted NIR": "285057599900197",
    "granted member number": "A1234567",
}
"""The person the platform grants: her answers come back with her name."""

SECRET = "kanari-secret-Zq9-of-the-platform-account"


def canary(corps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    for champ, nom in (
        ("/beneficiaire/nom", "family name"),
        ("/beneficiaire/prenom", "first name"),
        ("/beneficiaire/date_naissance", "birth date"),
        ("/assure/nir", "NIR"),
        ("/carte/numero_adherent", "member number"),
    ):
        corps = bent(corps, champ, CANARIES[nom])
    return corps | changes


PIECE = {
    "type": "ordonnance",
    "nom": CANARIES["document name"],
    "mime": "application/pdf",
    "base64": base64.b64encode(b"%PDF-1.4 " + CANARIES["document"].encode()).decode(),
}

WEATHER: tuple[dict[str, Any] | None, ...] = (
    None,
    {"effet": "faute_soap", "parametres": {"code": "TEC01"}},
    {"effet": "reponse", "parametres": {"defaut": "malformee"}},
    {"effet": "reponse", "parametres": {"defaut": "hors_schema"}},
    {"effet": "http", "parametres": {"statut": 503, "corps": "html"}},
    {"effet": "coupure", "parametres": {"point": "apres_commit"}},
    {"effet": "indisponible"},
)


def live_through_it(monde: World) -> bytes:
    """Every kind of request, in every weather; gives all bodies of refusals."""
    said: list[Any] = []

    def post(chemin: str, corps: object, **tetes: str) -> Any:
        statut, lu = monde.shop("POST", chemin, corps, **tetes)
        if statut >= 400:
            said.append(lu)
        return lu

    for rang, effet in enumerate(WEATHER):
        every = [] if effet is None else [{"plateforme": nom, "service": une, **effet} for nom, une in _services()]
        monde.effects(*every)
        patience = {"Prefer": "wait=10" if effet is None else "wait=0"}
        post("/v1/droits", canary(DROITS, reference=f"DR-{rang}"), **patience)
        dossier = {"dossier": f"D-{rang}", "reference": f"D-{rang}/PEC-1"}
        post("/v1/pec", canary(PEC, **dossier), **patience)
        known = {"dossier": f"A-{rang}", "reference": f"A-{rang}/PEC-1"}
        pec = post("/v1/pec", PEC | known, **patience)
        assert "id" in pec, pec
        facture = FACTURE | {"dossier": f"A-{rang}", "reference": f"A-{rang}/FAC-1", "pec": known["reference"]}
        post("/v1/factures", facture | {"numero_facture": f"24020{rang:04d}"}, **patience)
        post(f"/v1/pec/{pec['id']}/pieces", {"reference": f"PI-{rang}", "pieces": [PIECE]}, Prefer="wait=1")
        monde.control("POST", "clock", {"advance": "PT4M"})
    post("/v1/dossiers/D-0/avance-client", {"acompte_centimes": 100})
    said += _refused_at_the_counter(post)
    return json.dumps(said, ensure_ascii=False).encode()


def _services() -> Iterator[tuple[str, str]]:
    for service in ("droits", "pec", "facture", "pieces"):
        yield "viamedis", service


def _refused_at_the_counter(post: Any) -> list[Any]:
    """A canary where it does not belong, in every field of the body; none is repeated."""
    nir, nom = CANARIES["NIR"], CANARIES["family name"]
    wrong = [canary(PEC, reference=f"W-{rang}", dossier="W") for rang in range(6)]
    bodies = [
        bent(wrong[0], "/assure/nir", nir[:-1] + str((int(nir[-1]) + 1) % 10)),
        bent(wrong[1], "/carte/valide_du", nom),
        bent(wrong[2], "/date_soins", nom),
        bent(wrong[3], "/equipement/lignes/0/lpp", nir[:7]),
        bent(wrong[4], "/carte/numero_amc", "77777777"),
        bent(wrong[5], "/beneficiaire/qualite", nom),
    ]
    answers = [post("/v1/pec", corps) for corps in bodies]
    assert all(une["status"] >= 400 for une in answers)
    return answers


def scan(texte: bytes, canaries: dict[str, str]) -> set[str]:
    """Which canaries are there, as they are, in any case, with their spaces in base64, or backwards in a date."""
    lower = texte.lower()
    found = set()
    for nom, valeur in canaries.items():
        forms = {valeur.lower().encode(), valeur.replace("-", "").lower().encode()}
        if any(form in lower for form in forms):
            found.add(nom)
        # the three alignments a value may have inside base64
        for pas in range(3):
            coded = base64.b64encode(b"\0" * pas + valeur.encode())[pas + 1 : -4]
            if len(coded) > 8 and coded in texte:
                found.add(nom)
    return found


def places(monde: World, refused: bytes) -> Iterator[tuple[str, bytes]]:
    """Everything the daemon wrote or says to others than the shop itself."""
    yield "problem bodies", refused
    yield "events", json.dumps(monde.shop("GET", "/v1/evenements?limite=500")[1]).encode()
    yield "platforms", json.dumps(monde.shop("GET", "/v1/plateformes")[1]).encode()
    adresse = monde.adapter.ici["api"].removeprefix("http://")
    yield "metrics", monde.raw(f"GET /metrics HTTP/1.1\r\nHost: {adresse}\r\nConnection: close\r\n\r\n".encode())
    for mots in (("status",), ("queue", "list"), ("queue", "list", "--appels"), ("encours",), ("ledger", "--json")):
        yield f"command {mots}", json.dumps(monde.command(*mots)).encode()
    monde.command("export", "--out", str(monde.dossier / "export"))
    monde.adapter.stop()
    yield "log", monde.adapter.journal.read_bytes()
    folder = monde.configuration.parent
    yield from _columns(folder / "adapter.db")
    for fichier in (*folder.rglob("*"), *(monde.dossier / "export").rglob("*")):
        yield f"name of {fichier.suffix}", str(fichier.relative_to(monde.dossier)).encode()
        if fichier.is_file() and fichier.parent.name != "secrets":
            yield fichier.name, fichier.read_bytes()


def _columns(base: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every column."""
    with sqlite3.connect(f"file:{base}?mode=ro", uri=True) as db:
        tables = [nom for (nom,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"entrees", "charges", "evenements", "personnes", "avances", "tentatives"} <= set(tables)
        for table in tables:
            rows = db.execute(f"SELECT * FROM {table}").fetchall()
            octets = b"\n".join(
                valeur if isinstance(valeur, bytes) else str(valeur).encode() for row in rows for valeur in row
            )
            yield f"table {table}", octets
    db.close()


def leaks(monde: World) -> dict[str, set[str]]:
    refused = live_through_it(monde)
    key = monde.cle
    secrets = {"API key": key.split("_", 2)[2], "account secret": SECRET}
    every = {**CANARIES, **KNOWN, **secrets}
    assert len(every) == len(CANARIES) + len(KNOWN) + len(secrets), "one name for each canary"
    found = {}
    for nom, octets in places(monde, refused):
        seen = scan(octets, every)
        if seen:
            found[nom] = seen
    return found


def prepared(tmp_path: Path, patch: str = "") -> World:
    """The world with a secret of its own in use, and the daemon started from a line of Python when it is patched."""
    monde = World(tmp_path)
    monde.start()
    monde.adapter.stop()
    (monde.configuration.parent / "secrets" / "demo-viamedis.secret").write_text(SECRET, encoding="utf-8")
    lignes = monde.configuration.read_text(encoding="utf-8")
    named = '\ndialecte = "viamedis"\n'
    assert named in lignes
    signed = lignes.replace(named, named + 'identite = "usernametoken"\n')
    monde.configuration.write_text(signed, encoding="utf-8")
    if patch:
        mots = monde.adapter.commande[1:]
        start = f"import sys; sys.argv = ['tp-adapter', *{mots!r}]\n{patch}\n"
        start += "from tierspayant.adapter.cli import main; main()"
        monde.adapter.commande[:] = [sys.executable, "-c", start]
    monde.adapter.start()
    return monde


UNSEALED = """
from tierspayant.adapter import vault
class Open:
    def __init__(self, cle): pass
    def encrypt(self, nonce, octets, bound): return octets
    def decrypt(self, nonce, octets, bound): return octets
vault.AESGCM = Open
"""
LOGGED = """
from tierspayant.adapter import shop_api_demandes
from twisted.logger import Logger
whole = shop_api_demandes.faults
def faults(corps, jour):
    Logger("tierspayant.adapter.test").info("{corps}", corps=repr(corps))
    return whole(corps, jour)
shop_api_demandes.faults = faults
"""
UNMASKED = (
    LOGGED
    + """
from tierspayant.schemas.identity import Identifiant
Identifiant.__repr__ = Identifiant.__str__ = lambda self: self.clair
"""
)
ECHOED = """
from tierspayant.adapter import body_json
refuse = body_json.refuse
def telling(faults):
    from tierspayant.adapter.problem import Fault
    refuse([Fault(one.champ, one.regle, one.detail + " : ZQXKANARI") for one in faults])
body_json.refuse = telling
"""


def test_no_personal_value_and_no_secret_is_anywhere_but_under_seal(tmp_path: Path) -> None:
    """Even where someone logs a whole body by mistake: what is personal prints masked."""
    monde = prepared(tmp_path, LOGGED)
    try:
        assert leaks(monde) == {}
        assert monde.adapter.journal.read_text(encoding="utf-8").count("PecCorps(") > len(WEATHER)
    finally:
        monde.stop()


@pytest.mark.parametrize(
    ("patch", "where", "what"),
    [
        (UNSEALED, "table charges", {"NIR", "family name", "member number", "birth date", "document"}),
        (UNMASKED, "log", {"NIR", "family name", "first name", "member number", "birth date"}),
        (ECHOED, "problem bodies", {"family name"}),
    ],
    ids=["unsealed", "unmasked", "echoed"],
)
def test_a_mask_turned_off_is_found(tmp_path: Path, patch: str, where: str, what: set[str]) -> None:
    monde = prepared(tmp_path, patch)
    try:
        assert what <= leaks(monde).get(where, set())
    finally:
        monde.stop()
