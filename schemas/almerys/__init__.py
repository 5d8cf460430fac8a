"""The almerys-style dialect: SOAP 1.2, one service, return codes in the answer, invoices in lots (our design).

What it does not say. The insurer of a question (`organisme`) is dropped: the platform finds it from the wearer and
shows it in the answer (trait `organisme_choisi`). A FactureDemande without `numero_lot`, and the insurers' list, which
has no operation here, are refused by `encode` with a Faute CLIENT.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Dialect, Traits
from tierspayant.schemas.soap import SoapVersion

if TYPE_CHECKING:
    from tierspayant.schemas.platforms import DialectClient, DialectServer

NAMES: Mapping[Operation, str] = {
    Operation.DROITS: "IdentifierBeneficiaire",
    Operation.PANIER: "RechercherPanier",
    Operation.DEVIS: "Valoriser",
    Operation.PEC: "Valoriser",
    Operation.ETAT_PEC: "ConsulterDossier",
    Operation.ANNULATION_PEC: "AnnulerDossier",
    Operation.PIECES: "DeposerPieces",
    Operation.FACTURE: "DeposerLot",
    Operation.ETAT_LOT: "ConsulterLot",
    Operation.ETAT_FACTURE: "ConsulterFacture",
    Operation.ANNULATION_FACTURE: "AnnulerFacture",
    Operation.RETOURS: "ReleverBordereaux",
    Operation.OUVRIR_SESSION: "OuvrirSession",
    Operation.FERMER_SESSION: "FermerSession",
    Operation.ETAT_SERVICE: "EtatService",
}

TRAITS = Traits(
    dedoublonnage=True,
    doublon_pec=False,
    recherche_par_reference=True,
    un_equipement_par_demande=True,
    lots=True,
    organisme_choisi=False,
    version_soap=SoapVersion.V12,
)


def _load_client() -> DialectClient:
    from tierspayant.schemas.almerys.client import client

    return client()


def _load_server() -> DialectServer:
    from tierspayant.schemas.almerys.server import server

    return server()


DIALECTE = Dialect("almerys", TRAITS, NAMES, _load_client, _load_server)
