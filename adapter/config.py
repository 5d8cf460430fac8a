"""The adapter's configuration: TOML file < environment (TP_ADAPTER_...) < flags, read once, checked whole.

Every fault is one line naming where (file and key, or environment variable) and why; no value is ever echoed. Paths
are relative to the folder of the file. A nested key in the environment is joined by two underscores:
TP_ADAPTER_API__PORT=8490.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import StringConstraints, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tierspayant.adapter.config_tables import (
    Admin,
    Api,
    Cle,
    Compte,
    Livraison,
    Magasin,
    NomCourt,
    Plateforme,
    Stockage,
    Table,
    is_loopback,
)
from tierspayant.adapter.keys import CleApi

__all__ = [
    "Admin",
    "Api",
    "Cle",
    "Compte",
    "ConfigInvalide",
    "Configuration",
    "Livraison",
    "Magasin",
    "Plateforme",
    "Reglages",
    "Stockage",
    "Table",
    "charger",
    "is_loopback",
]

PREFIXE = "TP_ADAPTER_"
HORS_REGLAGES = frozenset({"TP_ADAPTER_CONFIG"})
"""Environment variables of the command line itself, not settings."""


class ConfigInvalide(Exception):
    """The configuration cannot be used; one line per fault."""

    def __init__(self, lignes: list[str]) -> None:
        super().__init__("\n".join(lignes))
        self.lignes = lignes


class Reglages(BaseSettings):
    """Everything `adapter.toml` may hold."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIXE,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        case_sensitive=False,
        use_attribute_docstrings=True,
    )
    api: Api = Api()
    admin: Admin = Admin()
    stockage: Stockage = Stockage()
    livraison: Livraison = Livraison()
    annuaire: Path = Path("annuaire.toml")
    """The payer directory."""
    plateformes: dict[NomCourt, Plateforme] = {}
    magasins: dict[NomCourt, Magasin] = {}
    cles: dict[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")], Cle] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        fautes = [
            f"cles.{identifiant}.magasin names no shop of [magasins]"
            for identifiant, cle in self.cles.items()
            if cle.magasin is not None and cle.magasin not in self.magasins
        ]
        fautes += [
            f"magasins.{nom}.comptes.{plateforme} names no platform of [plateformes]"
            for nom, magasin in self.magasins.items()
            for plateforme in magasin.comptes
            if plateforme not in self.plateformes
        ]
        finess = [magasin.finess for magasin in self.magasins.values()]
        if len(set(finess)) < len(finess):
            fautes.append("two shops have the same finess")
        if fautes:
            raise ValueError("; ".join(fautes))
        return self

    def cles_api(self) -> Mapping[str, CleApi]:
        return {nom: CleApi(nom, cle.role, cle.magasin, cle.empreinte) for nom, cle in self.cles.items()}


class Configuration:
    """The settings and the folder they are relative to."""

    def __init__(self, fichier: Path, reglages: Reglages) -> None:
        self.fichier = fichier
        self.dossier = fichier.parent
        self.reglages = reglages

    def chemin(self, chemin: Path) -> Path:
        return self.dossier / chemin

    @property
    def admin_socket(self) -> Path:
        """The daemon's admin socket: in the folder of the configuration, 0600."""
        return self.dossier / "admin.sock"

    @property
    def admin_port_file(self) -> Path:
        """Where a running daemon with an operator's port tells its number."""
        return self.dossier / "admin.port"


def _where(fichier: Path, chemin: tuple[int | str, ...]) -> str:
    cle = ".".join(str(pas) for pas in chemin if pas != "[key]")
    variable = PREFIXE + "__".join(str(pas).upper() for pas in chemin)
    return f"environment: {variable}" if variable in os.environ else f"{fichier}: {cle or 'configuration'}"


def _unknown_variables() -> list[str]:
    connues = {nom.upper() for nom in Reglages.model_fields}
    return [
        f"environment: {nom}: no such setting"
        for nom in sorted(os.environ)
        if nom.startswith(PREFIXE)
        and nom not in HORS_REGLAGES
        and nom.removeprefix(PREFIXE).split("__", 1)[0] not in connues
    ]


def _reason(faute: Mapping[str, Any]) -> str:
    return "unknown key" if faute["type"] == "extra_forbidden" else str(faute["msg"]).removeprefix("Value error, ")


def charger(fichier: Path, drapeaux: Mapping[str, Any] | None = None) -> Configuration:
    """Read and check everything. Raises ConfigInvalide with one line per fault."""
    fichier = fichier.absolute()
    try:
        tomllib.loads(fichier.read_text(encoding="utf-8"))
    except OSError as erreur:
        raise ConfigInvalide([f"{fichier}: {erreur.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as erreur:
        raise ConfigInvalide([f"{fichier}: not TOML: {erreur}"]) from None

    class _Lecture(Reglages):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=fichier)

    try:
        reglages = _Lecture(**(drapeaux or {}))
    except ValidationError as erreur:
        lignes = [f"{_where(fichier, faute['loc'])}: {_reason(faute)}" for faute in erreur.errors()]
        raise ConfigInvalide(_unknown_variables() + lignes) from None
    except ValueError as erreur:
        raise ConfigInvalide([f"environment: {erreur}"]) from None
    if inconnues := _unknown_variables():
        raise ConfigInvalide(inconnues)
    return Configuration(fichier, reglages)
