"""`tp-adapter queue ...`: look at requests and do by hand what a person may do about one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tierspayant.adapter.cli_options import with_config, with_json
from tierspayant.adapter.cli_output import print_json, print_table
from tierspayant.adapter.cli_reach import reach
from tierspayant.adapter.entry import Etat, Geste

GESTES = {
    "retry": (Geste.RELANCER, "Try a held request again (in doubt: the platform is asked first)."),
    "hold": (Geste.RETENIR, "Hold a waiting request until someone releases it."),
    "release": (Geste.RELANCER, "Release a held request."),
    "withdraw": (None, "Withdraw a request that was never sent."),
}


@click.group()
def queue() -> None:
    """Requests: list, show, retry, hold, release, withdraw, wake."""


@queue.command("list")
@click.option("--etat", help=f"one or more of {', '.join(Etat)}, joined by commas")
@click.option("--plateforme")
@click.option("--dossier")
@click.option("--apres", help="cursor: the id of the last element of the page before")
@click.option("--limite", type=click.IntRange(1, 500), default=100, show_default=True)
@with_config
@with_json
def queue_list(
    etat: str | None,
    plateforme: str | None,
    dossier: str | None,
    apres: str | None,
    limite: int,
    fichier: Path,
    en_json: bool,
) -> None:
    """List requests, oldest first."""
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


def _geste_command(nom: str, geste: Geste | None, aide: str) -> click.Command:
    chemin, corps = ("retrait", {}) if geste is None else ("action", {"type": geste.value})

    @click.command(nom, help=aide)
    @click.argument("identifiant")
    @with_config
    def command(identifiant: str, fichier: Path) -> None:
        document = reach(fichier, "POST", f"/v1/demandes/{identifiant}/{chemin}", corps)
        click.echo(f"{identifiant}: {document['etat']}")

    return command


@queue.command("confirm")
@click.argument("identifiant")
@with_config
def queue_confirm(identifiant: str, fichier: Path) -> None:
    """The customer still wants it: send a request held for that."""
    document = reach(fichier, "POST", f"/v1/demandes/{identifiant}/action", {"type": Geste.CONFIRMER_CLIENT.value})
    click.echo(f"{identifiant}: {document['etat']}")


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
    main.add_command(queue)
