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
    fichier: Path,
    en_json: bool,
) -> None:
    """List requests, oldest first."""
    if appels:
        _call_list(fichier, plateforme, apres, limite, en_json)
        return
    document = reach(
        fichier,
        "GET",
        "/v1/demandes",
        etat=etat,
        plateforme=plateforme,
        dossier=dossier,
        apres=apres,
        limite=limite,
    )
    if en_json:
        print_json(document)
        return
    colonnes = ("id", "reference", "operation", "plateforme", "etat", "resultat", "tentatives", "cree_le")
    print_table(colonnes, document["elements"], "the queue is empty")
    if document["suivant"]:
        click.echo(f"more: --apres {document['suivant']}")


def _call_list(fichier: Path, plateforme: str | None, apres: str | None, limite: int, en_json: bool) -> None:
    """Who waits for a call. The operator's list has no name in it; the shop's own key gives them (GET /v1/appels)."""
    document = reach(fichier, "GET", "/v1/appels", plateforme=plateforme, apres=apres, limite=limite)
    if en_json:
        print_json(document)
        return
    lignes = [une | {"montant": en_euros(une["amc_centimes"])} for une in document["elements"]]
    colonnes = ("demande", "reference", "dossier", "plateforme", "attend_depuis", "age_jours", "montant")
    print_table(colonnes, lignes, "nobody to call")
    if document["suivant"]:
        click.echo(f"more: --apres {document['suivant']}")


@queue.command("show")
@click.argument("identifiant")
@with_config
@with_json
def queue_show(identifiant: str, fichier: Path, en_json: bool) -> None:
    """Show one request whole."""
    document = reach(fichier, "GET", f"/v1/demandes/{identifiant}")
    if en_json:
        print_json(document)
        return
    for cle, valeur in document.items():
        click.echo(f"{cle:20} {_shown(valeur)}")


def _shown(valeur: Any) -> str:
    return "-" if valeur is None else (str(valeur) if not isinstance(valeur, dict | list) else f"{valeur!r}")


@queue.command("wake")
@with_config
def queue_wake(fichier: Path) -> None:
    """Look at everything again now, without waiting for the next due time."""
    reach(fichier, "POST", "/admin/reveil", {})
    click.echo("lanes woken")


def _geste_command(nom: str, geste: Geste, aide: str) -> click.Command:
    @click.command(nom, help=aide)
    @click.argument("identifiant")
    @with_config
    def command(identifiant: str, fichier: Path) -> None:
        document = reach(fichier, "POST", f"/v1/demandes/{identifiant}/action", {"type": geste.value})
        click.echo(f"{identifiant}: {document['etat']}")

    return command


def _bulk_command(nom: str, geste: Geste, chemin: str, seul: dict[str, str], aide: str) -> click.Command:
    """A command over one request, or over all those held until their customer confirms."""

    @click.command(nom, help=aide)
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
        fichier: Path,
        en_json: bool,
    ) -> None:
        many = tous or plateforme is not None or avant is not None
        if many == (identifiant is not None):
            raise click.UsageError("give one request's id, or choose with --all, --plateforme or --before")
        if identifiant is not None:
            document = reach(fichier, "POST", f"/v1/demandes/{identifiant}/{chemin}", seul)
            print_json(document) if en_json else click.echo(f"{identifiant}: {document['etat']}")
            return
        jour = None if avant is None else avant.date().isoformat()
        choix = {"tous": tous, "plateforme": plateforme, "avant": jour, "magasin": magasin}
        document = reach(fichier, "POST", "/v1/demandes/action", {"type": geste.value, **choix})
        if en_json:
            print_json(document)
            return
        for une in document["refusees"]:
            click.echo(f"{une['id']}: {une['detail']}", err=True)
        click.echo(f"{len(document['faites'])} done, {len(document['refusees'])} refused")

    return command


@queue.command("done")
@click.argument("identifiant")
@click.option("--numero", required=True, help="the number the platform gave on its portal")
@with_config
def queue_done(identifiant: str, numero: str, fichier: Path) -> None:
    """It was keyed by hand on the portal: take over that number."""
    corps = {"type": Geste.FAIT_AILLEURS.value, "numero_plateforme": numero}
    document = reach(fichier, "POST", f"/v1/demandes/{identifiant}/action", corps)
    click.echo(f"{identifiant}: {document['etat']}")


def register(main: click.Group) -> None:
    for nom, (geste, aide) in GESTES.items():
        queue.add_command(_geste_command(nom, geste, aide))
    confirm = {"type": Geste.CONFIRMER_CLIENT.value}
    aide = "The customer still wants it: send one request held for that, or many."
    queue.add_command(_bulk_command("confirm", Geste.CONFIRMER_CLIENT, "action", confirm, aide))
    aide = "Withdraw a request that was never sent, or many whose customer gave up."
    queue.add_command(_bulk_command("withdraw", Geste.ABANDONNER, "retrait", {}, aide))
    main.add_command(queue)
