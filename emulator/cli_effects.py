"""tp-emulator effects: every failure that can be asked for, and how a good client reacts."""

from __future__ import annotations

import click


def catalogue() -> dict[str, dict[str, str]]:
    """What effets.toml says of each effect."""
    import tomllib

    from tierspayant.emulator.toml_data import read_text

    return tomllib.loads(read_text("effets.toml"))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the parameters of each.")
def effects(as_json: bool) -> None:
    """Every failure that can be asked for, its parameters, and how a good client reacts."""
    import json

    import msgspec

    from tierspayant.emulator.effect_kinds import CATALOGUE

    rows = {
        nom: {**catalogue()[nom], "parametres": [one.name for one in msgspec.structs.fields(kind)]}
        for nom, kind in CATALOGUE.items()
    }
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for nom, row in rows.items():
        click.echo(f"{nom} {' '.join(row['parametres'])}".rstrip())
        click.echo(f"    {row['quoi']}\n    Good client: {row['bon_client']}")
