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
from tierspayant.adapter.config_edit import Valeur, table, write_file

FINESS_DEMO = "759999014"
"""The emulator's first ready-made shop; no real one has such a number (department 75, never-assigned series)."""

ENTETE_ANNUAIRE = """\
# The payer directory: which platform and organisme a card leads to. Format: docs/reference/annuaire.md
"""

EXEMPLE_ANNUAIRE = """
# [[entree]]
# numero_amc = "0099001*"
# type_convention = "TP"
# csr = "003"
# plateforme = "ma-plateforme"  # a name of [plateformes.<name>] in adapter.toml
# organisme = "M011"
# libelle = "Mutuelle d'exemple"
"""


class InitRefuse(Exception):
    """Nothing was made; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateformeConnue:
    """What an emulator tells of one platform. fichiers: by setting, what the demo shop's account shows besides it."""

    nom: str
    dialecte: str
    url: str
    comptes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    identite: str = "aucune"
    session: str = "aucune"
    fichiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulateur:
    """Everything init needs of a running emulator. `comptes`: by FINESS, user name and secret; `ca`: PEM, over TLS."""

    plateformes: tuple[PlateformeConnue, ...] = ()
    annuaire: str = ""
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Fait:
    """Where things are now."""

    configuration: Path
    cle_demo: Path
    cle_maitre: Path


def make(dossier: Path, emulateur: Emulateur | None = None, admin_port: int | None = None) -> Fait:
    """Make the folder; admin_port: a loopback port for commands instead of a Unix socket, with its operator's key.

    Raises InitRefuse, config.ConfigInvalide or annuaire.AnnuaireInvalide.
    """
    fichier = dossier / "adapter.toml"
    if fichier.exists():
        raise InitRefuse(f"{fichier} already exists: init never overwrites a configuration")
    secrets = dossier / "secrets"
    try:
        secrets.mkdir(parents=True, exist_ok=True)
        secrets.chmod(0o700)
        maitre = secrets / "master.key"
        if not maitre.exists():
            write_file(maitre, master_key.fresh().text())
        cle = keys.neuve()
        write_file(secrets / "demo.key", cle.texte + "\n")
        write_file(dossier / "annuaire.toml", _directory(emulateur), 0o644)
        essai = dossier / ".adapter.toml.essai"
        tables = _operator_port(secrets, admin_port) if admin_port is not None else ""
        write_file(essai, _configuration(fichier, cle, secrets, emulateur) + tables)
        try:
            lue = config.charger(essai)
            annuaire.lire(dossier / "annuaire.toml", frozenset(lue.reglages.plateformes))
            _database(dossier / lue.reglages.stockage.base)
            essai.replace(fichier)
        finally:
            essai.unlink(missing_ok=True)
    except OSError as erreur:
        raise InitRefuse(f"{erreur.filename or dossier}: {erreur.strerror}") from None
    return Fait(fichier, secrets / "demo.key", maitre)


def _operator_port(secrets: Path, port: int) -> str:
    """The tables of a loopback port for commands; its key stands in a file beside the others."""
    cle = keys.neuve()
    write_file(secrets / "operateur.key", cle.texte + "\n")
    operator: dict[str, Valeur] = {"role": "operateur", "empreinte": cle.empreinte}
    return "\n" + table("admin", {"port": port}) + "\n" + table(f"cles.{cle.identifiant}", operator)


def _database(base: Path) -> None:
    from tierspayant.adapter.storage.sqlite import InlineSqlite

    base.touch(mode=0o600)  # what SQLite adds beside it takes the same mode
    _ = InlineSqlite(base).close()


def _directory(emulateur: Emulateur | None) -> str:
    return ENTETE_ANNUAIRE + (f"\n{emulateur.annuaire}" if emulateur and emulateur.annuaire else EXEMPLE_ANNUAIRE)


def _asked(une: PlateformeConnue) -> dict[str, Valeur]:
    """How a shop shows who it is there, when the platform asks."""
    settings = {"identite": une.identite, "session": une.session}
    return {nom: value for nom, value in settings.items() if value != "aucune"}


def _configuration(fichier: Path, cle: keys.CleNeuve, secrets: Path, emulateur: Emulateur | None) -> str:
    modele = files(__package__).joinpath("modele_configuration.toml").read_text(encoding="utf-8")
    tables: dict[str, Mapping[str, Valeur]] = {}
    for une in emulateur.plateformes if emulateur else ():
        tables[f"plateformes.{une.nom}"] = {"dialecte": une.dialecte, "url": une.url} | _asked(une)
        if emulateur is not None and emulateur.ca is not None:
            write_file(secrets / "emulateur-ca.pem", emulateur.ca, 0o644)
            authority = {"ca_fichier": "secrets/emulateur-ca.pem"}
            tables[f"plateformes.{une.nom}"] = {**tables[f"plateformes.{une.nom}"], **authority}
    tables["magasins.demo"] = {"finess": FINESS_DEMO, "libelle": "Magasin de démonstration"}
    for une in emulateur.plateformes if emulateur else ():
        compte = une.comptes.get(FINESS_DEMO)
        if compte is not None:
            nom = f"demo-{une.nom}.secret"
            write_file(secrets / nom, compte[1] + "\n")
            shown = {"utilisateur": compte[0], "secret_fichier": f"secrets/{nom}"}
            for reglage, texte in une.fichiers.items():
                nom = f"demo-{une.nom}.{reglage.removesuffix('_fichier')}"
                write_file(secrets / nom, texte)
                shown[reglage] = f"secrets/{nom}"
            tables[f"magasins.demo.comptes.{une.nom}"] = shown
    tables[f"cles.{cle.identifiant}"] = {"magasin": "demo", "role": "magasin", "empreinte": cle.empreinte}
    texte = Template(modele).safe_substitute(fichier=fichier)
    return texte + "".join(f"\n{table(nom, valeurs)}" for nom, valeurs in tables.items())
