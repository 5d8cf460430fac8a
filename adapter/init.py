"""`tp-adapter init DIR`: a folder from which the daemon starts at once.

Writes adapter.toml (commented), annuaire.toml, secrets/master.key, the database, and one shop `demo` with its API key
in secrets/demo.key. With the ready file of a running emulator it also fills platforms, accounts and the directory.
The configuration is written last: a half-made folder is not a configuration, and the command can be run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template

from tierspayant.adapter import annuaire, config, keys, master_key
from tierspayant.adapter.config_edit import Value, table, write_file

FINESS_DEMO = "759999014"
"""The emulator's first ready-made shop; no real one has such a number (department 75, never-assigned series)."""

DIRECTORY_HEAD = """\
# The payer directory: which platform and organisme a card leads to. Format: docs/reference/annuaire.md
"""

DIRECTORY_EXAMPLE = """
# [[entree]]
# numero_amc = "0099001*"
# type_convention = "TP"
# csr = "003"
# plateforme = "ma-plateforme"  # a name of [plateformes.<name>] in adapter.toml
# organisme = "M011"
# libelle = "Mutuelle d'exemple"
"""


class InitRefused(Exception):
    """Nothing was made; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlatform:
    """What an emulator tells of one platform. fichiers: by setting, what the demo shop's account shows besides it."""

    nom: str
    dialecte: str
    url: str
    comptes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    identite: str = "aucune"
    session: str = "aucune"
    fichiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorFacts:
    """Everything init needs of a running emulator. `comptes`: by FINESS, user name and secret; `ca`: PEM, over TLS."""

    plateformes: tuple[KnownPlatform, ...] = ()
    annuaire: str = ""
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """Where things are now."""

    configuration: Path
    cle_demo: Path
    cle_maitre: Path


def make(folder: Path, emulator: EmulatorFacts | None = None, admin_port: int | None = None) -> Made:
    """Make the folder; admin_port: a loopback port for commands instead of a Unix socket, with its operator's key.

    Raises InitRefused, config.ConfigInvalid or annuaire.AnnuaireInvalide.
    """
    file = folder / "adapter.toml"
    if file.exists():
        raise InitRefused(f"{file} already exists: init never overwrites a configuration")
    secrets = folder / "secrets"
    try:
        secrets.mkdir(parents=True, exist_ok=True)
        secrets.chmod(0o700)
        master = secrets / "master.key"
        if not master.exists():
            write_file(master, master_key.fresh().text())
        key = keys.fresh()
        write_file(secrets / "demo.key", key.text + "\n")
        write_file(folder / "annuaire.toml", _directory(emulator), 0o644)
        trial = folder / ".adapter.toml.essai"
        tables = _operator_port(secrets, admin_port) if admin_port is not None else ""
        write_file(trial, _configuration(file, key, secrets, emulator) + tables)
        try:
            read = config.load(trial)
            annuaire.lire(folder / "annuaire.toml", frozenset(read.settings.plateformes))
            _database(folder / read.settings.stockage.base)
            trial.replace(file)
        finally:
            trial.unlink(missing_ok=True)
    except OSError as error:
        raise InitRefused(f"{error.filename or folder}: {error.strerror}") from None
    return Made(file, secrets / "demo.key", master)


def _operator_port(secrets: Path, port: int) -> str:
    """The tables of a loopback port for commands; its key stands in a file beside the others."""
    key = keys.fresh()
    write_file(secrets / "operateur.key", key.text + "\n")
    operator: dict[str, Value] = {"role": "operateur", "empreinte": key.empreinte}
    return "\n" + table("admin", {"port": port}) + "\n" + table(f"cles.{key.identifier}", operator)


def _database(base: Path) -> None:
    from tierspayant.adapter.storage.sqlite import InlineSqlite

    base.touch(mode=0o600)  # what SQLite adds beside it takes the same mode
    _ = InlineSqlite(base).close()


def _directory(emulator: EmulatorFacts | None) -> str:
    return DIRECTORY_HEAD + (f"\n{emulator.annuaire}" if emulator and emulator.annuaire else DIRECTORY_EXAMPLE)


def _asked(one: KnownPlatform) -> dict[str, Value]:
    """How a shop shows who it is there, when the platform asks."""
    settings = {"identite": one.identite, "session": one.session}
    return {name: value for name, value in settings.items() if value != "aucune"}


def _configuration(file: Path, key: keys.NewKey, secrets: Path, emulator: EmulatorFacts | None) -> str:
    model = files(__package__).joinpath("modele_configuration.toml").read_text(encoding="utf-8")
    tables: dict[str, Mapping[str, Value]] = {}
    for one in emulator.plateformes if emulator else ():
        tables[f"plateformes.{one.nom}"] = {"dialecte": one.dialecte, "url": one.url} | _asked(one)
        if emulator is not None and emulator.ca is not None:
            write_file(secrets / "emulateur-ca.pem", emulator.ca, 0o644)
            authority = {"ca_fichier": "secrets/emulateur-ca.pem"}
            tables[f"plateformes.{one.nom}"] = {**tables[f"plateformes.{one.nom}"], **authority}
    tables["magasins.demo"] = {"finess": FINESS_DEMO, "libelle": "Magasin de démonstration"}
    for one in emulator.plateformes if emulator else ():
        compte = one.comptes.get(FINESS_DEMO)
        if compte is not None:
            name = f"demo-{one.nom}.secret"
            write_file(secrets / name, compte[1] + "\n")
            shown = {"utilisateur": compte[0], "secret_fichier": f"secrets/{name}"}
            for setting, text in one.fichiers.items():
                name = f"demo-{one.nom}.{setting.removesuffix('_fichier')}"
                write_file(secrets / name, text)
                shown[setting] = f"secrets/{name}"
            tables[f"magasins.demo.comptes.{one.nom}"] = shown
    tables[f"cles.{key.identifier}"] = {"magasin": "demo", "role": "magasin", "empreinte": key.empreinte}
    text = Template(model).safe_substitute(fichier=file)
    return text + "".join(f"\n{table(name, values)}" for name, values in tables.items())
