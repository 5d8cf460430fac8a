"""The HTTP agents that reach the platforms: one per platform, connections never reused.

A reset on a reused connection could concern the request before; with a fresh one it always concerns this one
(architecture.md, async style). A platform with its own authority (`ca_fichier`) is verified against that one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from OpenSSL import SSL
from twisted.internet.error import VerifyError
from twisted.internet.ssl import (
    Certificate,
    PrivateCertificate,
    optionsForClientTLS,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool
from twisted.web.iweb import IAgent, IPolicyForHTTPS
from zope.interface import implementer

from tierspayant.adapter.config import ConfigInvalid, Configuration
from tierspayant.adapter.master_key import locate
from tierspayant.adapter.plateformes import Plateforme

DELAI_CONNEXION: Final = 15.0
"""Seconds to open a connection: longer means that nobody is there, and nothing was sent."""


def agents(reactor: Any, configuration: Configuration) -> Callable[[Plateforme], IAgent]:
    """The agent of each platform. Raises ConfigInvalide when an authority file cannot be read."""
    faits: Mapping[str, IAgent] = {
        nom: _agent(reactor, configuration, nom) for nom in configuration.settings.plateformes
    }
    return lambda plateforme: faits[plateforme.nom]


def _agent(reactor: Any, configuration: Configuration, nom: str) -> IAgent:
    pool = HTTPConnectionPool(reactor, persistent=False)
    pool.retryAutomatically = False
    reglee = configuration.settings.plateformes[nom]
    trust = None
    if reglee.ca_fichier is not None:
        trust = _authority(configuration, nom, configuration.path(reglee.ca_fichier))
    policy: Any = BrowserLikePolicyForHTTPS(trust)
    if reglee.certificat_fichier is not None and reglee.cle_fichier is not None:
        policy = _Shown(trust, _own(configuration, nom, reglee.certificat_fichier, reglee.cle_fichier))
    return Agent(reactor, contextFactory=policy, connectTimeout=DELAI_CONNEXION, pool=pool)


@implementer(IPolicyForHTTPS)
class _Shown:
    """Verify the platform as ever, and show it our own certificate."""

    def __init__(self, trust: Any, own: PrivateCertificate) -> None:
        self._trust = platformTrust() if trust is None else trust
        self._own = own

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        return optionsForClientTLS(hostname.decode("ascii"), trustRoot=self._trust, clientCertificate=self._own)


def _own(configuration: Configuration, nom: str, certificat: Path, cle: Path) -> PrivateCertificate:
    """The certificate of `certificat_fichier` with its key."""
    try:
        pem = b"\n".join(locate(configuration.path(un)).read_bytes() for un in (certificat, cle))
        own: PrivateCertificate = PrivateCertificate.loadPEM(pem)
        return own
    except (OSError, ValueError, SSL.Error, VerifyError):
        lieu = f"{configuration.file}: plateformes.{nom}.certificat_fichier"
        raise ConfigInvalid([f"{lieu}: no usable certificate with the key of cle_fichier"]) from None


def _authority(configuration: Configuration, nom: str, fichier: Path) -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    try:
        lus = load_pem_x509_certificates(fichier.read_bytes())
    except (OSError, ValueError):
        lieu = f"{configuration.file}: plateformes.{nom}.ca_fichier"
        raise ConfigInvalid([f"{lieu}: {fichier} holds no readable certificate"]) from None
    return trustRootFromCertificates([Certificate.loadPEM(un.public_bytes(Encoding.PEM)) for un in lus])
