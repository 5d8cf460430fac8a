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
def status(file: Path, as_json: bool) -> None:
    """What is open, what is shut since when, how much waits."""
    document = reach(file, "GET", "/admin/etat")
    if as_json:
        print_json(document)
        return
    counted = ", ".join(f"{count} {etat}" for etat, count in document["file"].items() if count) or "nothing"
    click.echo(f"daemon: {document['demon']}   time: {document['releve_le']}   queue: {counted}")
    print_table(
        ("plateforme", "service", "etat", "depuis", "prochain_essai", "message"),
        document["plateformes"],
        "no platform configured",
    )
    for one in document["comptes_retenus"]:
        click.echo(
            f"account of shop {one['magasin']} on {one['plateforme']} held: {one['raison']} since {one['depuis']}"
        )


@click.command()
@with_config
@with_json
def encours(file: Path, as_json: bool) -> None:
    """Money waiting, by platform, insurer and state."""
    from tierspayant.schemas.money import en_euros

    document = reach(file, "GET", "/v1/encours")
    if as_json:
        print_json(document)
        return
    rows = [
        one | {"assureur": en_euros(one["amc_centimes"]), "paye": en_euros(one["paye_centimes"])}
        for one in document["elements"]
    ]
    columns = ("plateforme", "organisme", "etat", "resultat", "nombre", "inconnus", "assureur", "paye", "age_jours")
    print_table(columns, rows, "no money waiting")
    click.echo(
        f"total: {en_euros(document['amc_centimes'])} billed or to bill, {document['inconnus']} amounts not known"
    )
    for one in document["anciennete"]:
        waiting = f"{one['nombre']} invoices, {en_euros(one['attendu_centimes'])}"
        click.echo(f"waiting since {one['depuis_jours']} days or more: {waiting}, {one['inconnus']} not known")
    lost = document["retours_sans_facture"]
    if lost["nombre"]:
        click.echo(f"payment lines without an invoice of ours: {lost['nombre']} ({en_euros(lost['paye_centimes'])})")


def _pause_command(name: str, en_pause: bool, help_text: str) -> click.Command:
    @click.command(name, help=help_text)
    @click.argument("plateforme")
    @click.option("--service", type=click.Choice([service.value for service in Service]), help="one service only")
    @click.option("--magasin", help="this shop's account there, instead of services")
    @with_config
    def command(plateforme: str, service: str | None, magasin: str | None, file: Path) -> None:
        if service is not None and magasin is not None:
            raise click.UsageError("an account is paused whole: give --service or --magasin, not both")
        body = {"plateforme": plateforme, "service": service, "magasin": magasin, "en_pause": en_pause}
        document = reach(file, "POST", "/admin/pause", body)
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
