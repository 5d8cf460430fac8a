"""The viamedis-style dialect keeps the dialects' contract."""

from __future__ import annotations

from tests.contracts.dialecte import ContratDialecte
from tierspayant.schemas.viamedis import CHEMINS, DIALECTE, PACKAGE


class TestViamedis(ContratDialecte):
    dialecte = DIALECTE
    package = PACKAGE
    mediatype = "text/xml; charset=utf-8"
    chemin_ko = "/prises-en-charge"
    xsd = ("commun.xsd", *(f"{service}.xsd" for service in CHEMINS))
