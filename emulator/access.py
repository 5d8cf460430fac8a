"""How the platforms of one server know who speaks; one value, handed from the command line to every session."""

from __future__ import annotations

from dataclasses import dataclass, field

from tierspayant.emulator.certificates import Authority


@dataclass(frozen=True, slots=True)
class Access:
    """How a platform knows who speaks: what it asks (`serve --auth`), and the authority whose certificates it takes."""

    auth: str = "none"
    authority: Authority = field(default_factory=Authority)
    tls: bool = False
