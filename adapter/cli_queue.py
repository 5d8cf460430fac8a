"""`tp-adapter queue ...`: look at requests and do by hand what a person may do about one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from tierspayant.adapter.cli_options import with_config, with_json
from tierspayant.adapter.cli_output import print_json, print_table
from tierspayant.adapter.cli_reach import reach
from tierspayant.adapter.entry import Etat, Geste
from tierspayant.schemas.money import en_euros

GESTES: dict[str, tuple[Geste, str]] = {
    "retry": (Geste.RELANCER, "Try a held request again (in doubt: the platform is asked first)."),
    "hold": (Geste.RETENIR, "Hold a waiting request until someone releases it."),
    "release": (Geste.RELANCER, "Release a held request."),
}


@click.group()
def queue() -> None:
    """Requests: list, show, retry, hold, release, withdraw, wake."""


@queue.command("list")
@click.option("--appels", is_flag=True, help="the call list: held until the customer confirms")
@click.option("--etat", help=f"one or more of {', '.join(Etat)}, joined by commas")
@click.option("--plateforme")
@click.option("--dossier")
@click.option("--apres", help="cursor: the id of the last element of the page before")
@click.option("--limite", type=click.IntRange(1, 500), default=100, show_default=True)
@with_config
@with_json
def queue_list(
    appels: bool,
    etat: str | None,
    plateforme: str | None,
    dossier: str | None,
    apres: str | None,
    limite: int,
    file: Path,
    as_json: bool,
) -> None:
    """List requests, oldest first."""
    if appels:
        _call_list(file, plateforme, apres, limite, as_json)
        return
    document = reach(
        file,
        "GET",
        "/v1/demandes",
        etat=etat,
        plateforme=plateforme,
        dossier=dossier,
        apres=apres,
        limite=limite,
    )
    if as_json:
        print_json(document)
        return
    columns = ("id", "reference", "operation", "plateforme", "etat", "resultat", "tentatives", "cree_le")
    print_table(columns, document["elements"], "the queue is empty")
    if document["suivant"]:
        click.echo(f"more: --apres {document['suivant']}")


def _call_list(file: Path, plateforme: str | None, apres: str | None, limite: int, as_json: bool) -> None:
    """Who waits for a call. The operator's list has no name in it; the shop's own key gives them (GET /v1/appels)."""
    document = reach(file, "GET", "/v1/appels", plateforme=plateforme, apres=apres, limite=limite)
    if as_json:
        print_json(document)
        return
    rows = [one | {"montant": en_euros(one["amc_centimes"])} for one in document["elements"]]
    columns = ("demande", "reference", "dossier", "plateforme", "attend_depuis", "age_jours", "montant")
    print_table(columns, rows, "nobody to call")
    if document["suivant"]:
        click.echo(f"more: --apres {document['suivant']}")


@queue.command("show")
@click.argument("identifiant")
@with_config
@with_json
def queue_show(identifiant: str, file: Path, as_json: bool) -> None:
    """Show one request whole."""
    document = reach(file, "GET", f"/v1/demandes/{identifiant}")
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        click.echo(f"{key:20} {_shown(value)}")


def _shown(value: Any) -> str:
    return "-" if value is None else (str(value) if not isinstance(value, dict | list) else f"{value!r}")


@queue.command("wake")
@with_config
def queue_wake(file: Path) -> None:
    """Look at everything again now, without waiting for the next due time."""
    reach(file, "POST", "/admin/reveil", {})
    click.echo("lanes woken")


def _geste_command(name: str, geste: Geste, help_text: str) -> click.Command:
    @click.command(name, help=help_text)
    @click.argument("identifiant")
    @with_config
    def command(identifiant: str, file: Path) -> None:
        document = reach(file, "POST", f"/v1/demandes/{identifiant}/action", {"type": geste.value})
        click.echo(f"{identifiant}: {document['etat']}")

    return command


def _bulk_command(name: str, geste: Geste, chemin: str, seul: dict[str, str], help_text: str) -> click.Command:
    """A command over one request, or over all those held until their customer confirms."""

    @click.command(name, help=help_text)
    @click.argument("identifiant", required=False)
    @click.option("--all", "tous", is_flag=True, help="every request held until the customer confirms")
    @click.option("--plateforme", help="those of this platform")
    @click.option("--before", "avant", type=click.DateTime(["%Y-%m-%d"]), help="those recorded before this day")
    @click.option("--finess", "magasin", help="only this shop's, among those chosen")
    @with_config
    @with_json
    def command(
        identifiant: str | None,
        tous: bool,
        plateforme: str | None,
        avant: dt.datetime | None,
        magasin: str | None,
        file: Path,
        as_json: bool,
    ) -> None:
        many = tous or plateforme is not None or avant is not None
        if many == (identifiant is not None):
            raise click.UsageError("give one request's id, or choose with --all, --plateforme or --before")
        if identifiant is not None:
            document = reach(file, "POST", f"/v1/demandes/{identifiant}/{chemin}", seul)
            print_json(document) if as_json else click.echo(f"{identifiant}: {document['etat']}")
            return
        day = None if avant is None else avant.date().isoformat()
        choice = {"tous": tous, "plateforme": plateforme, "avant": day, "magasin": magasin}
        document = reach(file, "POST", "/v1/demandes/action", {"type": geste.value, **choice})
        if as_json:
            print_json(document)
            return
        for one in document["refusees"]:
            click.echo(f"{one['id']}: {one['detail']}", err=True)
        click.echo(f"{len(document['faites'])} done, {len(document['refusees'])} refused")

    return command


@queue.command("done")
@click.argument("identifiant")
@click.option("--numero", required=True, help="the number the platform gave on its portal")
@with_config
def queue_done(identifiant: str, numero: str, file: Path) -> None:
    """It was keyed by hand on the portal: take over that number."""
    body = {"type": Geste.FAIT_AILLEURS.value, "numero_plateforme": numero}
    document = reach(file, "POST", f"/v1/demandes/{identifiant}/action", body)
    click.echo(f"{identifiant}: {document['etat']}")


def register(main: click.Group) -> None:
    for name, (geste, help_text) in GESTES.items():
        queue.add_command(_geste_command(name, geste, help_text))
    confirm = {"type": Geste.CONFIRMER_CLIENT.value}
    help_text = "The customer still wants it: send one request held for that, or many."
    queue.add_command(_bulk_command("confirm", Geste.CONFIRMER_CLIENT, "action", confirm, help_text))
    help_text = "Withdraw a request that was never sent, or many whose customer gave up."
    queue.add_command(_bulk_command("withdraw", Geste.ABANDONNER, "retrait", {}, help_text))
    main.add_command(queue)
