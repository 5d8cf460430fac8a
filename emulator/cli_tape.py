"""tp-emulator tape: the dated outages that a session can live."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tierspayant.emulator.cli_world import fail


@click.group()
def tape() -> None:
    """Tapes: dated outages on the virtual clock."""


@tape.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_tapes(as_json: bool) -> None:
    """The tapes that come with the emulator."""
    from tierspayant.emulator.tape import load, names

    rows = [{"nom": one.nom, "titre": one.titre, "evenements": len(one.events)} for one in map(load, names())]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo(f"{row['nom']:16} {row['evenements']:3} events  {row['titre']}")


@tape.command()
@click.argument("name")
def show(name: str) -> None:
    """What happens when, and what is a guess."""
    from tierspayant.emulator.clock import shown
    from tierspayant.emulator.tape import BandeInvalide, load

    try:
        one = load(name)
    except BandeInvalide as wrong:
        fail(str(wrong))
        return
    click.echo(f"{one.titre}\nfrom {shown(one.debut)} to {shown(one.fin)}\n")
    for event in one.events:
        where = f"{event.plateforme} {', '.join(event.services) if event.services else 'tous services'}"
        if event.magasins:
            where += f" ({', '.join(shop.clair for shop in event.magasins)})"
        parametres = json.dumps(event.parametres) if event.parametres else ""
        click.echo(f"{shown(event.a)}  {where}: {event.effet} {parametres}".rstrip())
        click.echo(f"    {'guess' if event.suppose else event.source}{': ' + event.note if event.note else ''}")


@tape.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def check(file: str) -> None:
    """Whether a tape can be lived: exit 1 with file, line and reason when it cannot."""
    from tierspayant.emulator.tape import BandeInvalide, load

    try:
        one = load(file)
    except BandeInvalide as wrong:
        fail(str(wrong))
        return
    click.echo(f"{file}: {len(one.events)} events, ready")


@tape.command()
@click.option("--title", required=True, help="One sentence.")
@click.option("--start", required=True, metavar="ISO", help="Where the clock of a session that lives it starts.")
@click.option("--end", required=True, metavar="ISO", help="Its end; no event is later.")
@click.option("--outage", "outages", multiple=True, metavar="'PLATFORM EFFECT FROM TO [key=value ...]'", help="Repeat.")
@click.option("--event", "events", multiple=True, metavar="'PLATFORM EFFECT AT [key=value ...]'", help="Repeat.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Default: print it.")
def new(
    title: str, start: str, end: str, outages: tuple[str, ...], events: tuple[str, ...], output: Path | None
) -> None:
    """Write a tape: outages that end, events that do not. Nothing is written that cannot be lived."""
    from tierspayant.emulator.tape import BandeInvalide
    from tierspayant.emulator.tape_writing import instant, write

    try:
        text = write(title, instant(start, "--start"), instant(end, "--end"), outages, events)
        if output is None:
            click.echo(text, nl=False)
            return
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except BandeInvalide as wrong:
        fail(str(wrong))
    except OSError as wrong:
        fail(f"{output}: {wrong.strerror}")
    else:
        click.echo(f"{output}: ready")
