"""`tp-adapter code`: give the code that a platform sent to a shop, so that its session opens."""

from __future__ import annotations

from pathlib import Path

import click

from tierspayant.adapter.cli_options import with_config
from tierspayant.adapter.cli_reach import reach


@click.command()
@click.argument("plateforme")
@click.argument("code")
@click.option("--magasin", required=True, help="the shop that received the code")
@with_config
def code(plateforme: str, code: str, magasin: str, file: Path) -> None:
    """Give a platform's one-time CODE; what waited for it goes on. It is used once and kept nowhere."""
    document = reach(file, "POST", "/admin/comptes", {"plateforme": plateforme, "magasin": magasin, "code": code})
    paused = f"; still paused: tp-adapter resume {plateforme} --magasin {magasin}" if document["en_pause"] else ""
    click.echo(f"code given for {magasin} on {plateforme}{paused or '; see: tp-adapter status'}")


def register(main: click.Group) -> None:
    main.add_command(code)
