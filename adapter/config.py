"""The adapter's configuration: TOML file < environment (TP_ADAPTER_...) < flags, read once, checked whole.

Every fault is one line naming where (file and key, or environment variable) and why; no value is ever echoed. Paths
are relative to the folder of the file. A nested key in the environment is joined by two underscores:
TP_ADAPTER_API__PORT=8490.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tierspayant.adapter.keys import CleApi, Role, forme_empreinte
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.operations import Service

PREFIXE = "TP_ADAPTER_"
HORS_REGLAGES = frozenset({"TP_ADAPTER_CONFIG"})
"""Environment variables of the command line itself, not settings."""

NomCourt = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class ConfigInvalide(Exception):
    """The configuration cannot be used; one line per fault."""

    def __init__(self, lignes: list[str]) -> None:
        super().__init__("\n".join(lignes))
        self.lignes = lignes


def _as_duration(valeur: object) -> object:
    """TOML gives seconds as an integer or an ISO 8601 duration as text; a float is refused."""
    if isinstance(valeur, bool) or not isinstance(valeur, int | str | timedelta):
        raise ValueError(  # noqa: TRY004 - pydantic reports a ValueError, not a TypeError
            "a duration is a whole number of seconds or an ISO 8601 duration such as 'PT2M'"
        )
    return valeur


def _is_base_url(valeur: str) -> str:
    parties = urlsplit(valeur)
    if parties.scheme not in {"http", "https"} or not parties.hostname:
        raise ValueError("a base URL starts with http:// or https:// and names a host")
    if parties.query or parties.fragment or parties.username:
        raise ValueError("a base URL has no user, query or fragment")
    return valeur.rstrip("/")


def _is_finess(valeur: str) -> str:
    Finess(valeur)
    return valeur


Duree = Annotated[timedelta, BeforeValidator(_as_duration), Field(ge=timedelta(0))]
BaseUrl = Annotated[str, AfterValidator(_is_base_url)]


def is_loopback(hote: str) -> bool:
    """Whether a host name or address is this machine only."""
    if hote == "localhost":
        return True
    try:
        return ipaddress.ip_address(hote).is_loopback
    except ValueError:
        return False


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Api(Table):
    """Where the shop's software calls. Port 0 is any free port (the ready file tells which)."""

    hote: str = "127.0.0.1"
    port: int = Field(default=8480, ge=0, le=65_535)
    tls_certificat: Path | None = None
    tls_cle: Path | None = None

    @model_validator(mode="after")
    def _tls_off_loopback(self) -> Self:
        if (self.tls_certificat is None) != (self.tls_cle is None):
            raise ValueError("tls_certificat and tls_cle go together")
        if self.tls_certificat is None and not is_loopback(self.hote):
            raise ValueError("an address other than loopback needs tls_certificat and tls_cle")
        return self


class Stockage(Table):
    base: Path = Path("adapter.db")
    cle_maitre_fichier: Path = Path("secrets/master.key")


class Livraison(Table):
    """Limits of the queue and of an orderly stop."""

    file_max: int = Field(default=100_000, ge=1)
    droits_par_heure: int = Field(default=300, ge=1)
    delai_appel: Duree = timedelta(seconds=60)
    delai_arret: Duree = timedelta(seconds=20)
    graine: int | None = None


class Plateforme(Table):
    dialecte: str
    url: BaseUrl
    identite: Literal["aucune", "usernametoken", "x509"] = "aucune"
    session: Literal["aucune", "totp", "code"] = "aucune"
    certificat_fichier: Path | None = None
    cle_fichier: Path | None = None
    ca_fichier: Path | None = None
    delai_max_traitement: dict[Service, Duree] = {}
    traits: dict[str, bool | int | str] = {}

    @property
    def hote(self) -> str:
        return urlsplit(self.url).hostname or ""


class Compte(Table):
    """A shop's account on one platform; secrets stay in their own files (0600) or in an environment variable."""

    utilisateur: str
    secret_fichier: Path | None = None
    secret_variable: str | None = None
    certificat_fichier: Path | None = None
    cle_fichier: Path | None = None
    totp_fichier: Path | None = None


class Magasin(Table):
    finess: Annotated[str, AfterValidator(_is_finess)]
    libelle: str | None = None
    comptes: dict[NomCourt, Compte] = {}


class Cle(Table):
    """One API key: the hash only, appended by `magasin add` and `cle add`."""

    role: Role = Role.MAGASIN
    magasin: NomCourt | None = None
    empreinte: str

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if not forme_empreinte(self.empreinte):
            raise ValueError("empreinte is not a scrypt hash written by tp-adapter")
        if (self.role is Role.OPERATEUR) == (self.magasin is not None):
            raise ValueError("a key names its shop, unless its role is 'operateur'")
        return self


class Reglages(BaseSettings):
    """Everything `adapter.toml` may hold."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIXE, env_nested_delimiter="__", extra="forbid", frozen=True, case_sensitive=False
    )
    api: Api = Api()
    stockage: Stockage = Stockage()
    livraison: Livraison = Livraison()
    annuaire: Path = Path("annuaire.toml")
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
    def prise_admin(self) -> Path:
        """The daemon's admin socket: the folder of the configuration, 0600."""
        return self.dossier / "admin.sock"


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
