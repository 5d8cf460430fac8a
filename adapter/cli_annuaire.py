"""`tp-adapter annuaire reroute`: an insurer moved to another operator, and what is queued must follow."""

from __future__ import annotations

from pathlib import Path

import click

from tierspayant.adapter.cli_options import with_config, with_json
from tierspayant.adapter.cli_output import print_json, print_table
from tierspayant.adapter.cli_reach import reach

COLUMNS = ("reference", "magasin", "dossier", "operation", "etat", "de", "vers")


@click.group()
def annuaire() -> None:
    """The payer directory."""


@annuaire.command("reroute")
@click.option("--dry-run/--apply", "dry_run", default=True, show_default=True, help="list only, or move")
@with_config
@with_json
def reroute(dry_run: bool, file: Path, as_json: bool) -> None:
    """Move what is queued and never left to where annuaire.toml now sends it; list apart what a person must see."""
    document = reach(file, "POST", "/admin/reacheminer", {"appliquer": not dry_run})
    if as_json:
        print_json(document)
        return
    print_table(COLUMNS, document["a_deplacer" if dry_run else "deplacees"], "nothing to move")
    if document["a_part"]:
        click.echo("not moved, a person must look:")
        print_table((*COLUMNS, "motif"), document["a_part"], "")
    for reference in document["devis_refaits"]:
        click.echo(f"quote asked anew: {reference}")
    if dry_run and document["a_deplacer"]:
        click.echo("nothing was changed: run again with --apply")


def register(main: click.Group) -> None:
    main.add_command(annuaire)
