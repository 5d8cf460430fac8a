"""Money as its owner reads it: by category and age, payments line by line, unmatched lines; ledger and export."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.adapter_edges.bodies import FACTURE, PEC
from tests.unit.adapter_edges.shop import NOW, Shop
from tests.unit.adapter_edges.test_shop_api import check
from tierspayant.adapter import cli_export, money
from tierspayant.adapter.admin import LocalAccess
from tierspayant.adapter.cli import main
from tierspayant.adapter.entry import Etat, advance
from tierspayant.adapter.remittances import Retour
from tierspayant.adapter.shop_api import ShopApi
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.schemas.codes import motif
from tierspayant.schemas.messages import TypeRetour

LINE = Retour(
    plateforme="viamedis",
    magasin="759999014",
    bordereau="B1",
    rang=1,
    emis_le=NOW.date(),
    reference_virement="V1",
    organisme="M011",
    type=TypeRetour.PAIEMENT,
    numero_facture="240200131",
    reference=None,
    numero_pec=None,
    demande_centimes=17991,
    paye_centimes=17000,
    motifs=(),
    entree=None,
    recu_le=NOW,
)


def billed(shop: Shop, nom: str, resultat: str | None, amc: int | None = None, paye: int | None = None) -> str:
    """An invoice of a file of its own, that far."""
    shop.call("POST", "/v1/pec", PEC | {"dossier": nom, "reference": f"{nom}/PEC-1"})
    corps = FACTURE | {"dossier": nom, "reference": f"{nom}/FAC-1", "pec": f"{nom}/PEC-1", "numero_facture": nom[-9:]}
    identifiant: str = shop.call("POST", "/v1/factures", corps)[1]["id"]

    def work(tables: Tables) -> None:
        entry = tables.entry(identifiant)
        assert entry is not None
        for etat in (Etat.ENVOI, Etat.TERMINEE) if resultat else ():
            entry = advance(entry, etat, NOW, resultat=resultat, amc_centimes=amc, paye_centimes=paye)
            tables.update_entry(entry)

    _ = shop.storage.write(work)
    return identifiant


def add(shop: Shop, *lines: Retour) -> None:
    def work(tables: Tables) -> None:
        for une in lines:
            assert tables.add_retour(une)

    _ = shop.storage.write(work)


@pytest.mark.parametrize(
    ("etat", "resultat", "attendue"),
    [
        ("en_file", None, "a_envoyer"),
        ("retenue", None, "a_envoyer"),
        ("en_instance", "acquittee", "facturees"),
        ("terminee", "acceptee", "facturees"),
        ("terminee", "un_mot_nouveau", "facturees"),
        ("terminee", "payee", "payees"),
        ("terminee", "payee_partielle", "payees_partiellement"),
        ("terminee", "rejetee_format", "rejetees"),
        ("terminee", "regularisee", "reprises"),
        ("terminee", "annulee", "abandonnees"),
        ("retiree", None, "abandonnees"),
    ],
)
def test_every_invoice_counts_once_and_an_unknown_word_stays_visible(etat: str, resultat: str, attendue: str) -> None:
    assert money.category(etat, resultat) == attendue


def test_money_waiting_is_told_by_category_and_age() -> None:
    shop = Shop()
    billed(shop, "D-1", None)
    billed(shop, "D-2", "acceptee", 100)
    billed(shop, "D-3", "payee_partielle", 100, 60)
    billed(shop, "D-4", "payee", 100, 100)
    billed(shop, "D-5", "rejetee", 100)
    add(shop, LINE)
    shop.now += dt.timedelta(days=61)
    billed(shop, "D-6", None)
    encours = shop.call("GET", "/v1/encours")[1]
    check("Encours", encours)
    counted = {nom: une["nombre"] for nom, une in encours["categories"].items()}
    assert counted == {
        "a_envoyer": 2,
        "facturees": 1,
        "payees": 1,
        "payees_partiellement": 1,
        "rejetees": 1,
        "reprises": 0,
        "abandonnees": 0,
    }
    ages = {
        une["depuis_jours"]: (une["nombre"], une["inconnus"], une["attendu_centimes"]) for une in encours["anciennete"]
    }
    assert ages == {0: (1, 1, 0), 30: (0, 0, 0), 60: (3, 1, 140), 90: (0, 0, 0)}
    assert encours["retours_sans_facture"] == {"nombre": 1, "paye_centimes": 17000}
    assert shop.call("GET", "/v1/encours", magasin="deux")[1]["retours_sans_facture"]["nombre"] == 0


def test_payments_are_listed_with_what_matches_nothing_and_paged() -> None:
    shop = Shop()
    facture = billed(shop, "D-1", "acceptee", 17991)
    refus = (motif("FAC04"),)
    add(
        shop,
        Retour(
            **{**{nom: getattr(LINE, nom) for nom in LINE.__dataclass_fields__}, "entree": facture, "motifs": refus}
        ),
        Retour(**{**{nom: getattr(LINE, nom) for nom in LINE.__dataclass_fields__}, "rang": 2}),
        Retour(**{**{nom: getattr(LINE, nom) for nom in LINE.__dataclass_fields__}, "magasin": "759999022"}),
    )
    premiere = shop.call("GET", "/v1/paiements?limite=1")[1]
    suite = shop.call("GET", f"/v1/paiements?limite=2&apres={premiere['suivant']}")[1]
    check("Paiements", premiere)
    rows = premiere["elements"] + suite["elements"]
    assert [(une["rang"], une["rapproche"], une["demande"]) for une in rows] == [(1, True, facture), (2, False, None)]
    assert (rows[0]["ecart_centimes"], rows[0]["motifs"][0]["code"]) == (991, "FAC04")
    assert suite["suivant"] is None
    assert shop.call("GET", "/v1/paiements?depuis=2024-02-01")[1]["elements"] == []
    shop.now += dt.timedelta(days=91)
    assert shop.call("GET", "/v1/paiements")[1]["elements"] == []


@pytest.mark.parametrize("requete", ["depuis=hier", "apres=xx", "apres=W10=", "limite=-1"])
def test_a_wrong_parameter_is_named(requete: str) -> None:
    assert Shop().call("GET", f"/v1/paiements?{requete}")[0] == 400


def test_ledger_and_export_write_every_request_and_payment_without_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop = Shop(file_max=2000)
    facture = billed(shop, "D-1", "acceptee", 17991)
    for rang in range(510):
        shop.call("POST", "/v1/pec", PEC | {"dossier": f"E-{rang}", "reference": f"E-{rang}/PEC-1"})
    add(shop, LINE)
    shop.api = ShopApi(LocalAccess(), (*shop.pieces.argent().admin_routes(), *shop.pieces.shop_routes()))

    def reach(_fichier: Path, methode: str, chemin: str, _corps: object = None, **requete: object) -> Any:
        texte = "&".join(f"{nom}={une}" for nom, une in requete.items() if une is not None)
        statut, document = shop.call(methode, f"{chemin}?{texte}")
        assert statut == 200, document
        return document

    monkeypatch.setattr(cli_export, "reach", reach)

    def run(*mots: str) -> str:
        fait = CliRunner().invoke(main, list(mots))
        assert fait.exit_code == 0, fait.output
        return fait.output

    document = json.loads(run("ledger", "--json"))
    assert (len(document["pec"]), len(document["factures"]), len(document["paiements"])) == (511, 1, 1)
    assert document["factures"][0]["etat"] == "acceptee"
    assert "1 payment lines, 1 without an invoice of ours" in run("ledger")
    run("export", "--out", str(tmp_path / "out"))
    with (tmp_path / "out" / "demandes.csv").open(encoding="utf-8", newline="") as lu:
        rows = list(csv.DictReader(lu))
    assert len(rows) == 512
    assert next(une for une in rows if une["id"] == facture)["amc_centimes"] == "17991"
    everything = b"".join(un.read_bytes() for un in (tmp_path / "out").iterdir())
    for secret in (b"DUPRE", b"ALICE", b"285057599900197", b"A1234567"):
        assert secret not in everything
    assert (tmp_path / "out" / "evenements.csv").stat().st_mode & 0o777 == 0o600
