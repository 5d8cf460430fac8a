"""What `tp-emulator serve` is told: ports, seed, start, tape. Values only; cli.py reads them, service.py uses them."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

CONTROL_PORT = 8470
PLATFORM_PORTS: Mapping[str, int] = MappingProxyType({"viamedis": 8471, "almerys": 8472})
"""The platforms served unless told otherwise; a further row of plateformes.toml is served with --port NAME=N."""
MAX_SEED = 2**53
"""Of either sign: what every reader of JSON reads exactly."""


class ConfigurationRefusee(ValueError):
    """The emulator cannot be started like that; the text is the sentence the user reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`ports`: 0 is any free port. `now` None: real time. `state` None: nothing is kept after the end."""

    host: str = "127.0.0.1"
    control_port: int = CONTROL_PORT
    ports: Mapping[str, int] = field(default_factory=lambda: PLATFORM_PORTS)
    seed: int = 1
    now: dt.datetime | None = None
    tape: str | None = None
    state: Path | None = None
    auth: str = "none"
    tls: bool = False
    ready_file: Path | None = None
    token: str | None = None

    def check(self, known: Mapping[str, object]) -> None:
        """Raises ConfigurationRefusee."""
        for nom in self.ports:
            if nom not in known:
                raise ConfigurationRefusee(f"there is no platform {nom}; there are {', '.join(known)}")
        fixed = [port for port in (self.control_port, *self.ports.values()) if port]
        if len(fixed) != len(set(fixed)):
            raise ConfigurationRefusee("two ports have the same number")
        if not is_loopback(self.host) and not self.token:
            raise ConfigurationRefusee(
                f"the control port is not opened on {self.host} without a token: give --token, or --host 127.0.0.1"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
