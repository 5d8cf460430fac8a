"""Who we say we are: each attempt's own Security header, added to the stored envelope's bytes.

The envelope that storage keeps never changes (delivery, rule 1): a header block is spliced in beside it, made of the
shop's account and of this attempt's instant and chance. Secrets are read at each attempt, so that a new one serves at
once, and are in no log, message or repr. Instants are real time: a platform judges freshness by its own clock.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tierspayant.adapter.config import Configuration
from tierspayant.adapter.config_tables import Compte
from tierspayant.adapter.master_key import locate
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.security import usernametoken
from tierspayant.schemas.security.splice import with_header_block
from tierspayant.schemas.wire import HttpRequest

Mode = Literal["aucune", "usernametoken", "x509"]


class CompteInutilisable(Exception):
    """This shop's account cannot even be shown: nothing left. `cause` names a setting, never a value."""

    def __init__(self, raison: RaisonCompte, cause: str) -> None:
        super().__init__(cause)
        self.raison = raison
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Identite:
    """sign: courier.Sign. `configuration` is the one in force; `octets` gives random bytes."""

    configuration: Callable[[], Configuration]
    now: Callable[[], dt.datetime]
    octets: Callable[[int], bytes]

    def sign(self, requete: HttpRequest, plateforme: str, magasin: str) -> HttpRequest:
        """The request with this attempt's Security header. Raises CompteInutilisable."""
        configuration = self.configuration()
        mode = configuration.settings.plateformes[plateforme].identite
        return _WAYS[mode](self, configuration, requete, plateforme, magasin)

    def utilisateur(self, plateforme: str, magasin: str) -> str:
        """The account's user name. Raises CompteInutilisable."""
        return _compte(self.configuration(), plateforme, magasin).utilisateur

    def totp(self, plateforme: str, magasin: str) -> str:
        """The one-time code of now, by the account's TOTP secret. Raises CompteInutilisable."""
        import pyotp  # on first use: few platforms ask it

        configuration = self.configuration()
        compte = _compte(configuration, plateforme, magasin)
        secret = _read(configuration, compte.totp_fichier, None, "totp_fichier")
        return pyotp.TOTP(secret).at(self.now())

    def _unsigned(
        self, configuration: Configuration, requete: HttpRequest, plateforme: str, magasin: str
    ) -> HttpRequest:
        return requete

    def _token(self, configuration: Configuration, requete: HttpRequest, plateforme: str, magasin: str) -> HttpRequest:
        compte = _compte(configuration, plateforme, magasin)
        secret = _read(configuration, compte.secret_fichier, compte.secret_variable, "secret_fichier")
        nonce = self.octets(usernametoken.NONCE_BYTES)
        block = usernametoken.block(compte.utilisateur, secret, nonce, self.now())
        return replace(requete, body=with_header_block(requete.body, block))

    def _signature(
        self, configuration: Configuration, requete: HttpRequest, plateforme: str, magasin: str
    ) -> HttpRequest:
        from tierspayant.schemas.security.signature import sign, signing_key  # xmlsec only where it is used

        compte = _compte(configuration, plateforme, magasin)
        commune = configuration.settings.plateformes[plateforme]
        certificat = compte.certificat_fichier or commune.certificat_fichier
        cle = compte.cle_fichier or commune.cle_fichier
        try:
            key = signing_key(
                _read(configuration, certificat, None, "certificat_fichier").encode(),
                _read(configuration, cle, None, "cle_fichier").encode(),
            )
        except ValueError:
            raise CompteInutilisable(
                RaisonCompte.CERTIFICAT, "certificat_fichier and cle_fichier are no usable pair"
            ) from None
        body = sign(requete.body, key, self.now(), self.octets(8).hex())
        return replace(requete, body=body)


_WAYS: Mapping[Mode, Callable[[Identite, Configuration, HttpRequest, str, str], HttpRequest]] = {
    "aucune": Identite._unsigned,
    "usernametoken": Identite._token,
    "x509": Identite._signature,
}


def _compte(configuration: Configuration, plateforme: str, magasin: str) -> Compte:
    """`magasin` is a FINESS."""
    for un in configuration.settings.magasins.values():
        if un.finess == magasin and plateforme in un.comptes:
            return un.comptes[plateforme]
    raise CompteInutilisable(RaisonCompte.REFUSE, "no account is configured for this shop on this platform")


def _read(configuration: Configuration, fichier: Path | None, variable: str | None, reglage: str) -> str:
    """A secret from its environment variable, its file, or the systemd credential of the file's name."""
    if variable is not None and (value := os.environ.get(variable)):
        return value.strip()
    if fichier is None:
        raise CompteInutilisable(RaisonCompte.REFUSE, f"{reglage} is not set")
    try:
        value = locate(configuration.path(fichier)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        value = ""
    if not value:
        raise CompteInutilisable(RaisonCompte.REFUSE, f"{reglage} cannot be read or is empty")
    return value


def faults(configuration: Configuration) -> list[str]:
    """What keeps accounts from being shown, one line each (`check-config`)."""
    lines = []
    for nom, magasin in configuration.settings.magasins.items():
        for plateforme, compte in magasin.comptes.items():
            lieu = f"{configuration.file}: magasins.{nom}.comptes.{plateforme}"
            for reglage in ("secret_fichier", "certificat_fichier", "cle_fichier", "totp_fichier"):
                fichier = getattr(compte, reglage)
                if fichier is not None and not locate(configuration.path(fichier)).is_file():
                    lines.append(f"{lieu}.{reglage}: the file cannot be read")
            lines += [f"{lieu}: {one}" for one in _missing(configuration, plateforme, compte)]
            variable = compte.secret_variable
            if variable is not None and compte.secret_fichier is None and not os.environ.get(variable):
                lines.append(f"{lieu}.secret_variable: this environment variable is not set")
    return lines


def _missing(configuration: Configuration, plateforme: str, compte: Compte) -> list[str]:
    """What the platform's `identite` and `session` need and the account does not name."""
    commune = configuration.settings.plateformes[plateforme]
    lines = []
    if commune.identite == "usernametoken" and compte.secret_fichier is None and compte.secret_variable is None:
        lines.append("identite usernametoken needs secret_fichier or secret_variable")
    if commune.identite == "x509":
        lines += [
            f"identite x509 needs {reglage}, here or in plateformes.{plateforme}"
            for reglage in ("certificat_fichier", "cle_fichier")
            if getattr(compte, reglage) is None and getattr(commune, reglage) is None
        ]
    if commune.session == "totp" and compte.totp_fichier is None:
        lines.append("session totp needs totp_fichier")
    return lines
