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

Fichier = click.Path(dir_okay=False, path_type=Path)

ROTATION_TIMEOUT = 1800.0
"""Seconds: a million data keys, wrapped beside a busy daemon."""


@click.command()
@click.argument("dossier", type=click.Path(file_okay=False, path_type=Path))
@click.option("--emulateur", type=Fichier, help="ready file of a running emulator: fills platforms and directory")
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65_535),
    default=None if hasattr(socket, "AF_UNIX") else 0,
    help="a loopback port for commands instead of a Unix socket, with a key of its own (0: any free one)",
)
@with_json
def init(dossier: Path, emulateur: Path | None, admin_port: int | None, en_json: bool) -> None:
    """Make a folder from which the daemon starts at once."""
    from tierspayant.adapter import annuaire, config, emulator_facts
    from tierspayant.adapter.init import InitRefused, make

    try:
        fait = make(dossier, emulator_facts.from_ready_file(emulateur) if emulateur else None, admin_port)
    except InitRefused as erreur:
        fail(str(erreur))
    except (config.ConfigInvalid, annuaire.AnnuaireInvalide) as erreur:
        fail(*erreur.lignes)
    if en_json:
        print_json(
            {
                "configuration": str(fait.configuration),
                "cle_demo": str(fait.cle_demo),
                "cle_maitre": str(fait.cle_maitre),
            }
        )
        return
    click.echo(f"configuration: {fait.configuration}")
    click.echo(f"API key of the shop 'demo': {fait.cle_demo}")
    click.echo(f"master key (keep a copy elsewhere): {fait.cle_maitre}")
    click.echo(f"start: tp-adapter serve --config {fait.configuration}")


@click.command("check-config")
@with_config
def check_config(fichier: Path) -> None:
    """Check the configuration, the directory and the secrets; print every fault."""
    from tierspayant.adapter import annuaire, config, identity, master_key, platform_rows

    try:
        lue = config.load(fichier)
        lignes = platform_rows.rows(lue)
        annuaire.lire(lue.path(lue.settings.annuaire), frozenset(lignes))
        master_key.read(lue.path(lue.settings.stockage.cle_maitre_fichier))
        if lue.settings.admin.port is not None:
            _check_operator_key(lue)
    except (config.ConfigInvalid, annuaire.AnnuaireInvalide) as erreur:
        fail(*erreur.lignes)
    except master_key.MasterKeyUnreadable as erreur:
        fail(str(erreur))
    if manquants := identity.faults(lue):
        fail(*manquants)
    click.echo(f"{lue.file}: good ({len(lignes)} platforms, {len(lue.settings.magasins)} shops)")


def _check_operator_key(configuration: config.Configuration) -> None:
    """Raises ConfigInvalid unless the key that commands show at the operator's port is an operator's."""
    from tierspayant.adapter import config, daemon_client, keys

    known = keys.verified(daemon_client.operator_key(configuration), configuration.settings.api_keys())
    if known is None or known.role is not keys.Role.OPERATEUR:
        file = configuration.path(configuration.settings.admin.cle_fichier)
        raise config.ConfigInvalid([f"{file}: no key of [cles] with role 'operateur'"])


@click.command()
@with_config
def migrate(fichier: Path) -> None:
    """Bring the database to this version (serve does it too)."""
    from tierspayant.adapter import config, storage_choice
    from tierspayant.adapter.storage.lock import BaseOccupee
    from tierspayant.adapter.storage.protocol import StorageError

    try:
        lue = config.load(fichier)
        _ = storage_choice.open_inline(lue).close()
    except config.ConfigInvalid as erreur:
        fail(*erreur.lignes)
    except BaseOccupee:
        fail("a running daemon holds the database: it brought it to its own version when it started")
    except StorageError as erreur:
        fail(str(erreur))
    click.echo(f"{storage_choice.place(lue)}: up to date")


@click.group()
def magasin() -> None:
    """Shops of this daemon."""


@magasin.command("add")
@click.argument("nom")
@click.option("--finess", required=True, help="the shop's FINESS number")
@click.option("--libelle", help="a name for people")
@with_config
@with_json
def magasin_add(nom: str, finess: str, libelle: str | None, fichier: Path, en_json: bool) -> None:
    """Add a shop and print its API key, once."""
    from tierspayant.adapter import keys

    cle = keys.fresh()
    valeurs = {"finess": finess} | ({"libelle": libelle} if libelle else {})
    _edit(
        fichier,
        {
            f"magasins.{nom}": valeurs,
            f"cles.{cle.identifier}": {"magasin": nom, "role": "magasin", "empreinte": cle.empreinte},
        },
        nouveau=("magasins", nom),
    )
    if en_json:
        print_json({"magasin": nom, "cle": cle.text})
    else:
        click.echo(f"shop {nom} added; its API key, shown once: {cle.text}")


@magasin.command("list")
@with_config
@with_json
def magasin_list(fichier: Path, en_json: bool) -> None:
    """List the shops."""
    from tierspayant.adapter import config

    try:
        lue = config.load(fichier)
    except config.ConfigInvalid as erreur:
        fail(*erreur.lignes)
    elements = [
        {"magasin": nom, "finess": un.finess, "libelle": un.libelle, "comptes": ", ".join(sorted(un.comptes))}
        for nom, un in lue.settings.magasins.items()
    ]
    if en_json:
        print_json({"elements": elements, "suivant": None})
    else:
        print_table(("magasin", "finess", "libelle", "comptes"), elements, "no shop yet: tp-adapter magasin add")


@click.group()
def cle() -> None:
    """API keys."""


@cle.command("add")
@click.option("--magasin", "nom", help="the shop it speaks for (none for an operator)")
@click.option("--role", type=click.Choice(["magasin", "lecture", "operateur"]), default="magasin")
@click.option("--out", type=Fichier, help="a new file (0600) that gets the key, instead of printing it")
@with_config
@with_json
def cle_add(nom: str | None, role: str, out: Path | None, fichier: Path, en_json: bool) -> None:
    """Make an API key and print it, once."""
    from tierspayant.adapter import config_edit, keys

    neuve = keys.fresh()
    valeurs = ({"magasin": nom} if nom else {}) | {"role": role, "empreinte": neuve.empreinte}
    if out is not None:
        if out.exists():
            fail(f"{out} already exists")
        try:
            config_edit.write_file(out, neuve.text + "\n")
        except OSError as error:
            fail(f"{out}: {error.strerror}")
    _edit(fichier, {f"cles.{neuve.identifier}": valeurs})
    if en_json:
        print_json({"magasin": nom, "role": role, "cle": None if out else neuve.text, "fichier": out and str(out)})
    elif out is not None:
        click.echo(f"API key written to {out}")
    else:
        click.echo(f"API key, shown once: {neuve.text}")


@click.group()
def compte() -> None:
    """Accounts of shops on platforms."""


@compte.command("set")
@click.argument("plateforme")
@click.option("--magasin", "nom", required=True)
@click.option("--utilisateur", required=True)
@click.option("--secret-fichier", required=True, type=Fichier, help="a file (0600) that holds the secret alone")
@with_config
def compte_set(plateforme: str, nom: str, utilisateur: str, secret_fichier: Path, fichier: Path) -> None:
    """Give a shop its account on a platform."""
    valeurs = {"utilisateur": utilisateur, "secret_fichier": str(secret_fichier.absolute())}
    _edit(fichier, {f"magasins.{nom}.comptes.{plateforme}": valeurs})
    fait = reach(fichier, "POST", "/admin/comptes", {"plateforme": plateforme, "magasin": nom})
    held = ", still paused by an operator" if fait["en_pause"] else ", and no longer held" if fait["rouvert"] else ""
    click.echo(f"account of {nom} on {plateforme} set{held}")


@click.group()
def key() -> None:
    """The master key, which seals what is personal."""


@key.command("rotate")
@with_config
def key_rotate(fichier: Path) -> None:
    """Make a new master key and wrap every data key with it, beside the running daemon (PostgreSQL: stop them all)."""
    done = reach_alone(fichier, "/admin/cle-maitre", ROTATION_TIMEOUT)
    if done["reprise"]:
        click.echo("an earlier rotation had been cut short: it is finished")
    wrapped = done["emballees"]
    click.echo(f"new master key in use, {wrapped} data keys wrapped again; keep a copy of the key file elsewhere")


def _edit(fichier: Path, tables: dict[str, dict[str, str]], nouveau: tuple[str, str] | None = None) -> None:
    """Change the file, then tell the daemon if there is one. `nouveau`: a name that must not exist yet."""
    from tierspayant.adapter import config, config_edit, daemon_client

    try:
        lue = config.load(fichier)
        if nouveau is not None and nouveau[1] in getattr(lue.settings, nouveau[0]):
            fail(f"{fichier}: {nouveau[0]}.{nouveau[1]} already exists")
        config_edit.edit(lue.file, tables)
    except config.ConfigInvalid as erreur:
        fail(*erreur.lignes)
    except OSError as erreur:
        fail(f"{fichier}: {erreur.strerror}")
    try:
        daemon_client.ask(daemon_client.door(lue), "POST", "/admin/recharger", {})
    except daemon_client.DaemonAbsent:
        return
    except (daemon_client.Refused, config.ConfigInvalid) as erreur:
        fail(f"written, but the running daemon did not take it: {erreur}")


def register(main: click.Group) -> None:
    for commande in (init, check_config, migrate, magasin, cle, compte, key):
        main.add_command(commande)
