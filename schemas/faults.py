"""A technical fault as a value: whose fault it is, which rule, where, and what to do, in French and in English.

Raised by the emulator's reading side, carried by a dialect as its typed SOAP fault, and read back by the adapter.
"""

from __future__ import annotations

from enum import StrEnum


class Cote(StrEnum):
    """Whose fault it is. CLIENT: the message must change. AUTH: the account. SERVEUR and MAINTENANCE: try later."""

    CLIENT = "client"
    AUTH = "auth"
    SERVEUR = "serveur"
    MAINTENANCE = "maintenance"


class Faute(Exception):
    """The platform does not take the message. Texts never show a personal value.

    code: canonical code of codes.toml (TEC05 ...); regle: stable rule id (XSD_FACET, NIR_CLE ...); xpath: where in
    the message, or None; francais/anglais: one sentence each; statut: HTTP status to answer with.
    """

    def __init__(
        self,
        cote: Cote,
        code: str,
        regle: str,
        francais: str,
        anglais: str,
        *,
        xpath: str | None = None,
        statut: int = 500,
    ) -> None:
        super().__init__(f"{code} {regle}: {francais}")
        self.cote = cote
        self.code = code
        self.regle = regle
        self.francais = francais
        self.anglais = anglais
        self.xpath = xpath
        self.statut = statut
