"""Commands that make or change the configuration: init, check-config, migrate, magasin, compte, cle, key."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tierspayant.adapter.cli_options import with_config, with_json
from tierspayant.adapter.cli_output import fail, print_json, print_table
from tierspayant.adapter.cli_reach import reach, reach_alone

if TYPE_CHECKING:
    from tierspayant.adapter import config

FilePath = click.Path(dir_okay=False, path_type=Path)

ROTATION_TIMEOUT = 1800.0
"""Seconds: a million data keys, wrapped beside a busy daemon."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--emulateur", "ready", type=FilePath, help="ready file of a running emulator: fills platforms and directory"
)
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65_535),
    default=None if hasattr(socket, "AF_UNIX") else 0,
    help="a loopback port for commands instead of a Unix socket, with a key of its own (0: any free one)",
)
@with_json
def init(folder: Path, ready: Path | None, admin_port: int | None, as_json: bool) -> None:
    """Make a folder from which the daemon starts at once."""
    from tierspayant.adapter import annuaire, config, emulator_facts
    from tierspayant.adapter.init import InitRefused, make

    try:
        done = make(folder, emulator_facts.from_ready_file(ready) if ready else None, admin_port)
    except InitRefused as error:
        fail(str(error))
    except (config.ConfigInvalid, annuaire.AnnuaireInvalide) as error:
        fail(*error.lines)
    if as_json:
        print_json(
            {
                "configuration": str(done.configuration),
                "cle_demo": str(done.cle_demo),
                "cle_maitre": str(done.cle_maitre),
            }
        )
        return
    click.echo(f"configuration: {done.configuration}")
    click.echo(f"API key of the shop 'demo': {done.cle_demo}")
    click.echo(f"master key (keep a copy elsewhere): {done.cle_maitre}")
    click.echo(f"start: tp-adapter serve --config {done.configuration}")


@click.command("check-config")
@with_config
def check_config(file: Path) -> None:
    """Check the configuration, the directory and the secrets; print every fault."""
    from tierspayant.adapter import annuaire, config, identity, master_key, platform_rows

    try:
        read = config.load(file)
        rows = platform_rows.rows(read)
        annuaire.lire(read.path(read.settings.annuaire), frozenset(rows))
        master_key.read(read.path(read.settings.stockage.cle_maitre_fichier))
        if read.settings.admin.port is not None:
            _check_operator_key(read)
    except (config.ConfigInvalid, annuaire.AnnuaireInvalide) as error:
        fail(*error.lines)
    except master_key.MasterKeyUnreadable as error:
        fail(str(error))
    if missing := identity.faults(read):
        fail(*missing)
    click.echo(f"{read.file}: good ({len(rows)} platforms, {len(read.settings.magasins)} shops)")


def _check_operator_key(configuration: config.Configuration) -> None:
    """Raises ConfigInvalid unless the key that commands show at the operator's port is an operator's."""
    from tierspayant.adapter import config, daemon_client, keys

    known = keys.verified(daemon_client.operator_key(configuration), configuration.settings.api_keys())
    if known is None or known.role is not keys.Role.OPERATEUR:
        file = configuration.path(configuration.settings.admin.cle_fichier)
        raise config.ConfigInvalid([f"{file}: no key of [cles] with role 'operateur'"])


@click.command()
@with_config
def migrate(file: Path) -> None:
    """Bring the database to this version (serve does it too)."""
    from tierspayant.adapter import config, storage_choice
    from tierspayant.adapter.storage.lock import BaseOccupee
    from tierspayant.adapter.storage.protocol import StorageError

    try:
        read = config.load(file)
        _ = storage_choice.open_inline(read).close()
    except config.ConfigInvalid as error:
        fail(*error.lines)
    except BaseOccupee:
        fail("a running daemon holds the database: it brought it to its own version when it started")
    except StorageError as error:
        fail(str(error))
    click.echo(f"{storage_choice.place(read)}: up to date")


@click.group()
def magasin() -> None:
    """Shops of this daemon."""


@magasin.command("add")
@click.argument("name")
@click.option("--finess", required=True, help="the shop's FINESS number")
@click.option("--libelle", help="a name for people")
@with_config
@with_json
def magasin_add(name: str, finess: str, libelle: str | None, file: Path, as_json: bool) -> None:
    """Add a shop and print its API key, once."""
    from tierspayant.adapter import keys

    cle = keys.fresh()
    values = {"finess": finess} | ({"libelle": libelle} if libelle else {})
    _edit(
        file,
        {
            f"magasins.{name}": values,
            f"cles.{cle.identifier}": {"magasin": name, "role": "magasin", "empreinte": cle.empreinte},
        },
        new=("magasins", name),
    )
    if as_json:
        print_json({"magasin": name, "cle": cle.text})
    else:
        click.echo(f"shop {name} added; its API key, shown once: {cle.text}")


@magasin.command("list")
@with_config
@with_json
def magasin_list(file: Path, as_json: bool) -> None:
    """List the shops."""
    from tierspayant.adapter import config

    try:
        read = config.load(file)
    except config.ConfigInvalid as error:
        fail(*error.lines)
    elements = [
        {"magasin": name, "finess": one.finess, "libelle": one.libelle, "comptes": ", ".join(sorted(one.comptes))}
        for name, one in read.settings.magasins.items()
    ]
    if as_json:
        print_json({"elements": elements, "suivant": None})
    else:
        print_table(("magasin", "finess", "libelle", "comptes"), elements, "no shop yet: tp-adapter magasin add")


@click.group()
def cle() -> None:
    """API keys."""


@cle.command("add")
@click.option("--magasin", "name", help="the shop it speaks for (none for an operator)")
@click.option("--role", type=click.Choice(["magasin", "lecture", "operateur"]), default="magasin")
@click.option("--out", type=FilePath, help="a new file (0600) that gets the key, instead of printing it")
@with_config
@with_json
def cle_add(name: str | None, role: str, out: Path | None, file: Path, as_json: bool) -> None:
    """Make an API key and print it, once."""
    from tierspayant.adapter import config_edit, keys

    fresh = keys.fresh()
    values = ({"magasin": name} if name else {}) | {"role": role, "empreinte": fresh.empreinte}
    if out is not None and (out.exists() or not out.parent.is_dir()):
        fail(f"{out} already exists" if out.exists() else f"{out.parent}: no such folder")
    _edit(file, {f"cles.{fresh.identifier}": values})
    if out is not None:
        try:
            config_edit.write_file(out, fresh.text + "\n")
        except OSError as error:
            fail(f"{out}: {error.strerror}; the key is lost, make another")
    if as_json:
        print_json({"magasin": name, "role": role, "cle": None if out else fresh.text, "fichier": out and str(out)})
    elif out is not None:
        click.echo(f"API key written to {out}")
    else:
        click.echo(f"API key, shown once: {fresh.text}")


@click.group()
def compte() -> None:
    """Accounts of shops on platforms."""


@compte.command("set")
@click.argument("plateforme")
@click.option("--magasin", "name", required=True)
@click.option("--utilisateur", required=True)
@click.option("--secret-fichier", required=True, type=FilePath, help="a file (0600) that holds the secret alone")
@with_config
def compte_set(plateforme: str, name: str, utilisateur: str, secret_fichier: Path, file: Path) -> None:
    """Give a shop its account on a platform."""
    values = {"utilisateur": utilisateur, "secret_fichier": str(secret_fichier.absolute())}
    _edit(file, {f"magasins.{name}.comptes.{plateforme}": values})
    done = reach(file, "POST", "/admin/comptes", {"plateforme": plateforme, "magasin": name})
    held = ", still paused by an operator" if done["en_pause"] else ", and no longer held" if done["rouvert"] else ""
    click.echo(f"account of {name} on {plateforme} set{held}")


@click.group()
def key() -> None:
    """The master key, which seals what is personal."""


@key.command("rotate")
@with_config
def key_rotate(file: Path) -> None:
    """Make a new master key and wrap every data key with it, beside the running daemon (PostgreSQL: stop them all)."""
    done = reach_alone(file, "/admin/cle-maitre", ROTATION_TIMEOUT)
    if done["reprise"]:
        click.echo("an earlier rotation had been cut short: it is finished")
    wrapped = done["emballees"]
    click.echo(f"new master key in use, {wrapped} data keys wrapped again; keep a copy of the key file elsewhere")


def _edit(file: Path, tables: dict[str, dict[str, str]], new: tuple[str, str] | None = None) -> None:
    """Change the file, then tell the daemon if there is one. `new`: a name that must not exist yet."""
    from tierspayant.adapter import config, config_edit, daemon_client

    try:
        read = config.load(file)
        if new is not None and new[1] in getattr(read.settings, new[0]):
            fail(f"{file}: {new[0]}.{new[1]} already exists")
        config_edit.edit(read.file, tables)
    except config.ConfigInvalid as error:
        fail(*error.lines)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    try:
        daemon_client.ask(daemon_client.door(read), "POST", "/admin/recharger", {})
    except daemon_client.DaemonAbsent:
        return
    except (daemon_client.Refused, config.ConfigInvalid) as error:
        fail(f"written, but the running daemon did not take it: {error}")


def register(main: click.Group) -> None:
    for command in (init, check_config, migrate, magasin, cle, compte, key):
        main.add_command(command)
