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
    Plateforme,
    ShortName,
    Stockage,
    Table,
    is_loopback,
)
from tierspayant.adapter.keys import ApiKey

__all__ = [
    "Admin",
    "Api",
    "Cle",
    "Compte",
    "ConfigInvalid",
    "Configuration",
    "Livraison",
    "Magasin",
    "Plateforme",
    "Settings",
    "Stockage",
    "Table",
    "is_loopback",
    "load",
]

PREFIX = "TP_ADAPTER_"
NOT_SETTINGS = frozenset({"TP_ADAPTER_CONFIG"})
"""Environment variables of the command line itself, not settings."""


class ConfigInvalid(Exception):
    """The configuration cannot be used; one line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """Everything `adapter.toml` may hold."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
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
    plateformes: dict[ShortName, Plateforme] = {}
    magasins: dict[ShortName, Magasin] = {}
    cles: dict[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")], Cle] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        faults = [
            f"cles.{identifier}.magasin names no shop of [magasins]"
            for identifier, key in self.cles.items()
            if key.magasin is not None and key.magasin not in self.magasins
        ]
        faults += [
            f"magasins.{name}.comptes.{plateforme} names no platform of [plateformes]"
            for name, magasin in self.magasins.items()
            for plateforme in magasin.comptes
            if plateforme not in self.plateformes
        ]
        finess = [magasin.finess for magasin in self.magasins.values()]
        if len(set(finess)) < len(finess):
            faults.append("two shops have the same finess")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def api_keys(self) -> Mapping[str, ApiKey]:
        return {name: ApiKey(name, key.role, key.magasin, key.empreinte) for name, key in self.cles.items()}


class Configuration:
    """The settings and the folder they are relative to."""

    def __init__(self, file: Path, settings: Settings) -> None:
        self.file = file
        self.folder = file.parent
        self.settings = settings

    def path(self, path: Path) -> Path:
        return self.folder / path

    @property
    def admin_socket(self) -> Path:
        """The daemon's admin socket: in the folder of the configuration, 0600."""
        return self.folder / "admin.sock"

    @property
    def admin_port_file(self) -> Path:
        """Where a running daemon with an operator's port tells its number."""
        return self.folder / "admin.port"


def _where(file: Path, path: tuple[int | str, ...]) -> str:
    key = ".".join(str(step) for step in path if step != "[key]")
    variable = PREFIX + "__".join(str(step).upper() for step in path)
    return f"environment: {variable}" if variable in os.environ else f"{file}: {key or 'configuration'}"


def _unknown_variables() -> list[str]:
    known = {name.upper() for name in Settings.model_fields}
    return [
        f"environment: {name}: no such setting"
        for name in sorted(os.environ)
        if name.startswith(PREFIX)
        and name not in NOT_SETTINGS
        and name.removeprefix(PREFIX).split("__", 1)[0] not in known
    ]


def _reason(fault: Mapping[str, Any]) -> str:
    return "unknown key" if fault["type"] == "extra_forbidden" else str(fault["msg"]).removeprefix("Value error, ")


def load(file: Path, flags: Mapping[str, Any] | None = None) -> Configuration:
    """Read and check everything. Raises ConfigInvalid with one line per fault."""
    file = file.absolute()
    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid([f"{file}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid([f"{file}: not TOML: {error}"]) from None

    class _Sources(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    try:
        settings = _Sources(**(flags or {}))
    except ValidationError as error:
        lines = [f"{_where(file, fault['loc'])}: {_reason(fault)}" for fault in error.errors()]
        raise ConfigInvalid(_unknown_variables() + lines) from None
    except ValueError as error:
        raise ConfigInvalid([f"environment: {error}"]) from None
    if unknown := _unknown_variables():
        raise ConfigInvalid(unknown)
    return Configuration(file, settings)
