"""The tables of adapter.toml: what each setting is, its default and its bounds. The whole is read by config.py."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from tierspayant.adapter.cadence import CADENCE_MAX
from tierspayant.adapter.harvest_guard import PER_FILE, PER_HOUR
from tierspayant.adapter.http_limits import BODY_MAX, BODY_MAX_PIECES, CONNECTIONS_MAX, RECEPTION_MAX
from tierspayant.adapter.intake import FILE_MAX
from tierspayant.adapter.keys import Role, well_formed
from tierspayant.adapter.lots import TAILLE, TAILLE_MAX
from tierspayant.adapter.policy import DELAI_CONFIRMATION, TENTATIVES_MAX
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.operations import Service

ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


def _as_duration(value: object) -> object:
    """TOML gives seconds as an integer or an ISO 8601 duration as text; a float is refused."""
    if isinstance(value, bool) or not isinstance(value, int | str | timedelta):
        raise ValueError(  # noqa: TRY004 - pydantic reports a ValueError, not a TypeError
            "a duration is a whole number of seconds or an ISO 8601 duration such as 'PT2M'"
        )
    return value


def _is_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a base URL starts with http:// or https:// and names a host")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("a base URL has no user, query or fragment")
    return value.rstrip("/")


def _is_finess(value: str) -> str:
    Finess(value)
    return value


Duration = Annotated[timedelta, BeforeValidator(_as_duration), Field(ge=timedelta(0))]
BaseUrl = Annotated[str, AfterValidator(_is_base_url)]


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Api(Table):
    """Where the shop's software calls. Port 0 is any free port (the ready file tells which)."""

    hote: str = "127.0.0.1"
    """Address of the shop API. Any but loopback needs TLS."""
    port: int = Field(default=8480, ge=0, le=65_535)
    """Its port; 0 is any free one, told in the ready file."""
    tls_certificat: Path | None = None
    """PEM certificate chain of the shop API."""
    tls_cle: Path | None = None
    """PEM key of that certificate."""
    corps_max: int = Field(default=BODY_MAX, ge=2**14, le=2**26)
    """Bytes of a body at most."""
    corps_max_pieces: int = Field(default=BODY_MAX_PIECES, ge=2**14, le=2**27)
    """Bytes of a body with documents at most."""
    connexions_max: int = Field(default=CONNECTIONS_MAX, ge=1, le=10_000)
    """Open connections at most; further ones are hung up on at once."""
    delai_reception: Duration = timedelta(seconds=RECEPTION_MAX)
    """How long a whole request may take to arrive."""

    @model_validator(mode="after")
    def _tls_off_loopback(self) -> Self:
        if (self.tls_certificat is None) != (self.tls_cle is None):
            raise ValueError("tls_certificat and tls_cle go together")
        if self.tls_certificat is None and not is_loopback(self.hote):
            raise ValueError("an address other than loopback needs tls_certificat and tls_cle")
        return self


class Admin(Table):
    """How tp-adapter's commands reach the daemon: by the socket admin.sock, or by a loopback port."""

    hote: str = "127.0.0.1"
    """Address of the operator's port: loopback only."""
    port: int | None = Field(default=None, ge=0, le=65_535)
    """A port instead of the socket, for a system without Unix sockets; 0 is any free one, told in admin.port."""
    cle_fichier: Path = Path("secrets/operateur.key")
    """A file (0600) that holds the operator's API key which commands show at that port."""

    @model_validator(mode="after")
    def _loopback_only(self) -> Self:
        if not is_loopback(self.hote):
            raise ValueError("the operator's port is loopback only: 127.0.0.1 or ::1")
        return self


class Stockage(Table):
    """Where the queue is kept."""

    moteur: Literal["sqlite", "postgres"] = "sqlite"
    """sqlite: a file, one daemon. postgres: a server, several daemons."""
    base: Path = Path("adapter.db")
    """The SQLite database."""
    url_fichier: Path | None = None
    """A file (0600) that holds PostgreSQL's URL alone."""
    url: SecretStr | None = None
    """PostgreSQL's URL itself: for the environment, TP_ADAPTER_STOCKAGE__URL."""
    noeud: ShortName | None = None
    """This daemon's name among those that share the server; the machine's by default."""
    cle_maitre_fichier: Path = Path("secrets/master.key")
    """The master key file; a systemd credential of the same name serves when it is not there."""

    @model_validator(mode="after")
    def _url_for_a_server(self) -> Self:
        wanted = 1 if self.moteur == "postgres" else 0
        if (self.url is not None) + (self.url_fichier is not None) != wanted:
            raise ValueError(
                "moteur 'postgres' needs url_fichier or TP_ADAPTER_STOCKAGE__URL, one of them; sqlite none"
            )
        return self


class Livraison(Table):
    """Limits of the queue and of an orderly stop."""

    file_max: int = Field(default=FILE_MAX, ge=1)
    """Requests that may wait at once; beyond, new ones are refused and the old ones kept."""
    droits_par_heure: int = Field(default=PER_HOUR, ge=1)
    """Rights checks one shop may ask within an hour."""
    droits_par_dossier: int = Field(default=PER_FILE, ge=1)
    """Rights checks of one file within an hour."""
    tentatives_max: int = Field(default=TENTATIVES_MAX, ge=1)
    """Sends of one request before a person looks at it; a shut platform costs none."""
    delai_confirmation: Duration = DELAI_CONFIRMATION
    """A PEC that waited longer is held until the customer confirms: he may have gone elsewhere."""
    retenir_doublons: bool = True
    """Hold for a person what looks like a request already made under another reference of its file."""
    delai_appel: Duration = timedelta(seconds=60)
    """How long one call to a platform may take before its answer counts as unknown."""
    delai_arret: Duration = timedelta(seconds=20)
    """How long an orderly stop waits for the calls under way."""
    graine: int | None = None
    """Seed of the daemon's chance (jitter, order), for tests that must repeat."""


class Plateforme(Table):
    dialecte: str
    """The installed dialect it speaks."""
    url: BaseUrl
    """Base URL; may end in /s/<session> of an emulator."""
    identite: Literal["aucune", "usernametoken", "x509"] = "aucune"
    """How a shop proves who it is."""
    session: Literal["aucune", "totp", "code"] = "aucune"
    """Whether a session is opened first, and what opens it: a TOTP, or a code someone must type."""
    certificat_fichier: Path | None = None
    """PEM client certificate (identite x509)."""
    cle_fichier: Path | None = None
    """PEM key of that certificate."""
    ca_fichier: Path | None = None
    """PEM certificates of the platform's own authority, instead of the system's."""
    delai_max_traitement: dict[Service, Duration] = {}
    """Per service: how long after a call left the platform may still be working on it."""
    cadence_max: int = Field(default=CADENCE_MAX, ge=1)
    """Calls a minute to this platform at most: all shops, lanes and daemons of one database together."""
    taille_lot: int = Field(default=TAILLE, ge=1, le=TAILLE_MAX)
    """Invoices in one lot at most, on a platform that takes lots."""
    traits: dict[str, bool | int | str] = {}
    """How this platform differs from its dialect's defaults."""

    @property
    def hote(self) -> str:
        return urlsplit(self.url).hostname or ""


class Compte(Table):
    """A shop's account on one platform; secrets stay in their own files (0600) or in an environment variable."""

    utilisateur: str
    """User name on the platform."""
    secret_fichier: Path | None = None
    """A file (0600) that holds the secret alone."""
    secret_variable: str | None = None
    """An environment variable that holds it instead."""
    certificat_fichier: Path | None = None
    """PEM client certificate of this account (identite x509)."""
    cle_fichier: Path | None = None
    """PEM key of that certificate."""
    totp_fichier: Path | None = None
    """A file (0600) that holds the TOTP secret alone."""


class Magasin(Table):
    finess: Annotated[str, AfterValidator(_is_finess)]
    """The shop's FINESS number."""
    libelle: str | None = None
    """A name for people."""
    comptes: dict[ShortName, Compte] = {}
    """Its account on each platform."""


class Cle(Table):
    """One API key: the hash only, appended by `magasin add` and `cle add`."""

    role: Role = Role.MAGASIN
    """magasin, lecture (reads only) or operateur (every shop)."""
    magasin: ShortName | None = None
    """The shop it speaks for."""
    empreinte: str
    """scrypt hash, written by tp-adapter; the key itself is shown once and kept nowhere."""

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if not well_formed(self.empreinte):
            raise ValueError("empreinte is not a scrypt hash written by tp-adapter")
        if (self.role is Role.OPERATEUR) == (self.magasin is not None):
            raise ValueError("a key names its shop, unless its role is 'operateur'")
        return self
