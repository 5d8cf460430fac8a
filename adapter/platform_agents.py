"""The HTTP agents that reach the platforms: one per platform, connections never reused.

A reset on a reused connection could concern the request before; with a fresh one it always concerns this one
(architecture.md, async style). A platform with its own authority (`ca_fichier`) is verified against that one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool
from twisted.web.iweb import IAgent

from tierspayant.adapter.config import ConfigInvalide, Configuration
from tierspayant.adapter.plateformes import Plateforme

DELAI_CONNEXION: Final = 15.0
"""Seconds to open a connection: longer means that nobody is there, and nothing was sent."""


def agents(reactor: Any, configuration: Configuration) -> Callable[[Plateforme], IAgent]:
    """The agent of each platform. Raises ConfigInvalide when an authority file cannot be read."""
    faits: Mapping[str, IAgent] = {
        nom: _agent(reactor, configuration, nom) for nom in configuration.reglages.plateformes
    }
    return lambda plateforme: faits[plateforme.nom]


def _agent(reactor: Any, configuration: Configuration, nom: str) -> IAgent:
    pool = HTTPConnectionPool(reactor, persistent=False)
    pool.retryAutomatically = False
    fichier = configuration.reglages.plateformes[nom].ca_fichier
    policy = BrowserLikePolicyForHTTPS()
    if fichier is not None:
        policy = BrowserLikePolicyForHTTPS(_authority(configuration, nom, configuration.chemin(fichier)))
    return Agent(reactor, contextFactory=policy, connectTimeout=DELAI_CONNEXION, pool=pool)


def _authority(configuration: Configuration, nom: str, fichier: Path) -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    try:
        lus = load_pem_x509_certificates(fichier.read_bytes())
    except (OSError, ValueError):
        lieu = f"{configuration.fichier}: plateformes.{nom}.ca_fichier"
        raise ConfigInvalide([f"{lieu}: {fichier} holds no readable certificate"]) from None
    return trustRootFromCertificates([Certificate.loadPEM(un.public_bytes(Encoding.PEM)) for un in lus])
