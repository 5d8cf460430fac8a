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

ALWAYS = "1970-01-01"
PAGES = {"demandes": "/admin/registre", "paiements": "/v1/paiements", "evenements": "/v1/evenements"}


def pages(file: Path, path: str, **query: str) -> Iterator[dict[str, Any]]:
    """Every element of a list, page after page."""
    cursor = "depuis" if path == PAGES["evenements"] else "apres"
    following: str | None = None
    while True:
        page = reach(file, "GET", path, None, limite=500, **{**query, cursor: following})
        yield from page["elements"]
        if page["suivant"] is None or not page["elements"]:
            return
        following = page["suivant"]


def ledger_document(file: Path) -> dict[str, Any]:
    """PEC, invoices and payments, named as the emulator's ledger names them."""
    rows = list(pages(file, PAGES["demandes"]))
    paid = pages(file, PAGES["paiements"], depuis=ALWAYS)
    return {
        "pec": [_pec(one) for one in rows if one["operation"] == "pec"],
        "factures": [{**_pec(one), "pec": one["numero_cible"]} for one in rows if one["operation"] == "facture"],
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
def ledger(file: Path, as_json: bool) -> None:
    """Every PEC, invoice and payment this adapter knows; amounts in centimes."""
    document = ledger_document(file)
    if as_json:
        print_json(document)
        return
    columns = ("reference_magasin", "magasin", "plateforme", "numero", "etat", "montant_amc_centimes", "paye_centimes")
    print_table(columns, [*document["pec"], *document["factures"]], "no PEC and no invoice")
    lost = [one for one in document["paiements"] if not one["rapproche"]]
    click.echo(f"{len(document['paiements'])} payment lines, {len(lost)} without an invoice of ours")


@click.command()
@click.option("--out", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="a folder")
@with_config
def export(folder: Path, file: Path) -> None:
    """Write requests, payments and events as CSV files: codes, numbers and amounts, no personal value."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, path in PAGES.items():
        query = {"depuis": ALWAYS} if name == "paiements" else {}
        count = _write(folder / f"{name}.csv", pages(file, path, **query))
        click.echo(f"{folder / name}.csv: {count} lines")


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    lines = [{key: _cell(value) for key, value in row.items()} for row in rows]
    columns = list(dict.fromkeys(key for line in lines for key in line))
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(lines)
    return len(lines)


def _cell(value: Any) -> Any:
    """A list of reasons as its codes; everything else as it is."""
    return " ".join(one["code"] for one in value) if isinstance(value, list) else value


def register(main: click.Group) -> None:
    main.add_command(ledger)
    main.add_command(export)
