"""`tp-adapter ledger` and `tp-adapter export`: all that was asked and paid, for the owner and for comparison."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tierspayant.adapter.cli_options import with_config, with_json
from tierspayant.adapter.cli_output import print_json, print_table
from tierspayant.adapter.cli_reach import reach

TOUJOURS = "1970-01-01"
PAGES = {"demandes": "/admin/registre", "paiements": "/v1/paiements", "evenements": "/v1/evenements"}


def pages(fichier: Path, chemin: str, **requete: str) -> Iterator[dict[str, Any]]:
    """Every element of a list, page after page."""
    curseur = "depuis" if chemin == PAGES["evenements"] else "apres"
    suivant: str | None = None
    while True:
        page = reach(fichier, "GET", chemin, None, limite=500, **{**requete, curseur: suivant})
        yield from page["elements"]
        if page["suivant"] is None or not page["elements"]:
            return
        suivant = page["suivant"]


def ledger_document(fichier: Path) -> dict[str, Any]:
    """PEC, invoices and payments, named as the emulator's ledger names them."""
    rows = list(pages(fichier, PAGES["demandes"]))
    paid = pages(fichier, PAGES["paiements"], depuis=TOUJOURS)
    return {
        "pec": [_pec(une) for une in rows if une["operation"] == "pec"],
        "factures": [{**_pec(une), "pec": une["numero_cible"]} for une in rows if une["operation"] == "facture"],
        "paiements": list(paid),
    }


def _pec(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "plateforme": row["plateforme"],
        "numero": row["numero"],
        "reference_magasin": row["reference"],
        "magasin": row["magasin"],
        "dossier": row["dossier"],
        "montant_amc_centimes": row["amc_centimes"],
        "paye_centimes": row["paye_centimes"],
        "etat": row["resultat"] or row["etat"],
        "recue_le": row["cree_le"],
    }


@click.command()
@with_config
@with_json
def ledger(fichier: Path, en_json: bool) -> None:
    """Every PEC, invoice and payment this adapter knows; amounts in centimes."""
    document = ledger_document(fichier)
    if en_json:
        print_json(document)
        return
    colonnes = ("reference_magasin", "magasin", "plateforme", "numero", "etat", "montant_amc_centimes", "paye_centimes")
    print_table(colonnes, [*document["pec"], *document["factures"]], "no PEC and no invoice")
    lost = [un for un in document["paiements"] if not un["rapproche"]]
    click.echo(f"{len(document['paiements'])} payment lines, {len(lost)} without an invoice of ours")


@click.command()
@click.option("--out", "dossier", required=True, type=click.Path(file_okay=False, path_type=Path), help="a folder")
@with_config
def export(dossier: Path, fichier: Path) -> None:
    """Write requests, payments and events as CSV files: codes, numbers and amounts, no personal value."""
    dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
    for nom, chemin in PAGES.items():
        requete = {"depuis": TOUJOURS} if nom == "paiements" else {}
        nombre = _write(dossier / f"{nom}.csv", pages(fichier, chemin, **requete))
        click.echo(f"{dossier / nom}.csv: {nombre} lines")


def _write(chemin: Path, rows: Iterator[dict[str, Any]]) -> int:
    lines = [{cle: _cell(valeur) for cle, valeur in row.items()} for row in rows]
    colonnes = list(dict.fromkeys(cle for line in lines for cle in line))
    chemin.touch(mode=0o600)
    with chemin.open("w", encoding="utf-8", newline="") as sortie:
        ecrit = csv.DictWriter(sortie, colonnes)
        ecrit.writeheader()
        ecrit.writerows(lines)
    return len(lines)


def _cell(valeur: Any) -> Any:
    """A list of reasons as its codes; everything else as it is."""
    return " ".join(une["code"] for une in valeur) if isinstance(valeur, list) else valeur


def register(main: click.Group) -> None:
    main.add_command(ledger)
    main.add_command(export)
