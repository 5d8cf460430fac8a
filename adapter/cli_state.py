"""Commands that show or steer what is going on: status, encours, pause, resume."""

from __future__ import annotations

from pathlib import Path

import click

from tierspayant.adapter.cli_options import with_config, with_json
from tierspayant.adapter.cli_output import print_json, print_table
from tierspayant.adapter.cli_reach import reach
from tierspayant.schemas.operations import Service


@click.command()
@with_config
@with_json
def status(fichier: Path, en_json: bool) -> None:
    """What is open, what is shut since when, how much waits."""
    document = reach(fichier, "GET", "/admin/etat")
    if en_json:
        print_json(document)
        return
    compte = ", ".join(f"{nombre} {etat}" for etat, nombre in document["file"].items() if nombre) or "nothing"
    click.echo(f"daemon: {document['demon']}   time: {document['releve_le']}   queue: {compte}")
    print_table(
        ("plateforme", "service", "etat", "depuis", "prochain_essai", "message"),
        document["plateformes"],
        "no platform configured",
    )
    for un in document["comptes_retenus"]:
        click.echo(f"account of shop {un['magasin']} on {un['plateforme']} held: {un['raison']} since {un['depuis']}")


@click.command()
@with_config
@with_json
def encours(fichier: Path, en_json: bool) -> None:
    """Money waiting, by platform, insurer and state."""
    from tierspayant.schemas.money import en_euros

    document = reach(fichier, "GET", "/v1/encours")
    if en_json:
        print_json(document)
        return
    lignes = [
        une | {"assureur": en_euros(une["amc_centimes"]), "paye": en_euros(une["paye_centimes"])}
        for une in document["elements"]
    ]
    colonnes = ("plateforme", "organisme", "etat", "resultat", "nombre", "inconnus", "assureur", "paye", "age_jours")
    print_table(colonnes, lignes, "no money waiting")
    click.echo(
        f"total: {en_euros(document['amc_centimes'])} billed or to bill, {document['inconnus']} amounts not known"
    )
    for une in document["anciennete"]:
        waiting = f"{une['nombre']} invoices, {en_euros(une['attendu_centimes'])}"
        click.echo(f"waiting since {une['depuis_jours']} days or more: {waiting}, {une['inconnus']} not known")
    lost = document["retours_sans_facture"]
    if lost["nombre"]:
        click.echo(f"payment lines without an invoice of ours: {lost['nombre']} ({en_euros(lost['paye_centimes'])})")


def _pause_command(nom: str, en_pause: bool, aide: str) -> click.Command:
    @click.command(nom, help=aide)
    @click.argument("plateforme")
    @click.option("--service", type=click.Choice([service.value for service in Service]), help="one service only")
    @click.option("--magasin", help="this shop's account there, instead of services")
    @with_config
    def command(plateforme: str, service: str | None, magasin: str | None, fichier: Path) -> None:
        if service is not None and magasin is not None:
            raise click.UsageError("an account is paused whole: give --service or --magasin, not both")
        corps = {"plateforme": plateforme, "service": service, "magasin": magasin, "en_pause": en_pause}
        document = reach(fichier, "POST", "/admin/pause", corps)
        said = "paused" if en_pause else "resumed"
        if magasin is None:
            click.echo(f"{plateforme} {service or 'all services'}: {said}")
        else:
            already = "" if document["change"] else f" (it was {'paused' if en_pause else 'not held'} already)"
            click.echo(f"account of shop {magasin} on {plateforme}: {said}{already}")

    return command


def register(main: click.Group) -> None:
    main.add_command(status)
    main.add_command(encours)
    pause = "Stop sending to a platform, to one of its services, or there for one shop, until resumed."
    main.add_command(_pause_command("pause", True, pause))
    resume = "Send again to a platform, to one of its services, or there for one shop whose account was held."
    main.add_command(_pause_command("resume", False, resume))
