"""The almerys-style dialect keeps the dialects' contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contracts.dialecte import ContratDialecte
from tierspayant.schemas.almerys import DIALECTE
from tierspayant.schemas.almerys.words import CHEMIN, PACKAGE, XSD
from tierspayant.schemas.messages import PecReponse, ResultatPec
from tierspayant.schemas.soap import SoapVersion

_MEME_MOT = {ResultatPec.CHIFFRE: ResultatPec.ACCORDEE, ResultatPec.REFUSE: ResultatPec.REFUSEE}
"""A quote and an agreement have the same words here; typeDemande tells them apart."""


class TestAlmerys(ContratDialecte):
    dialecte = DIALECTE
    package = PACKAGE
    mediatype = SoapVersion.V12.content_type
    chemin_ko = CHEMIN
    xsd = (XSD,)

    def mot(self, valeur: Any) -> Any:
        if isinstance(valeur, PecReponse) and valeur.resultat in _MEME_MOT:
            return replace(super().mot(replace(valeur, resultat=_MEME_MOT[valeur.resultat])), resultat=valeur.resultat)
        return super().mot(valeur)
