"""The viamedis-style dialect: SOAP 1.1, five services, decimal euros, an `organisme` that the shop picks from a list.

An original contract in the style of what public notes describe; it claims no conformity with a real platform.
"""

from __future__ import annotations

from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Dialect, DialectClient, DialectServer, Traits
from tierspayant.schemas.soap import SoapVersion

PACKAGE = __name__
RACINE = "urn:example:tp-optique:services:"
COMMUN = f"{RACINE}commun"
NOMS = {
    Operation.DROITS: "ConsulterDroits",
    Operation.PANIER: "RechercherPanier",
    Operation.ORGANISMES: "ListerOrganismes",
    Operation.DEVIS: "DeposerDevis",
    Operation.PEC: "DemanderPriseEnCharge",
    Operation.ETAT_PEC: "ConsulterPriseEnCharge",
    Operation.ANNULATION_PEC: "AnnulerPriseEnCharge",
    Operation.PIECES: "DeposerPieces",
    Operation.FACTURE: "DeposerFacture",
    Operation.ETAT_FACTURE: "ConsulterFacture",
    Operation.ANNULATION_FACTURE: "AnnulerFacture",
    Operation.RETOURS: "ListerRetours",
    Operation.OUVRIR_SESSION: "OuvrirSession",
    Operation.FERMER_SESSION: "FermerSession",
    Operation.ETAT_SERVICE: "EtatService",
}
CHEMINS = {
    "droits": (Operation.DROITS, Operation.PANIER, Operation.ORGANISMES),
    "prises-en-charge": (
        Operation.DEVIS,
        Operation.PEC,
        Operation.ETAT_PEC,
        Operation.ANNULATION_PEC,
        Operation.PIECES,
    ),
    "facturation": (Operation.FACTURE, Operation.ETAT_FACTURE, Operation.ANNULATION_FACTURE),
    "retours": (Operation.RETOURS,),
    "authentification": (Operation.OUVRIR_SESSION, Operation.FERMER_SESSION),
}
"""Service path, WSDL, XSD and namespace have one name; EtatService is asked on every path."""


def _client() -> DialectClient:
    from tierspayant.schemas.viamedis.client import client

    return client()


def _server() -> DialectServer:
    from tierspayant.schemas.viamedis.server import server

    return server()


DIALECTE = Dialect(
    nom="viamedis",
    traits=Traits(
        dedoublonnage=True,
        doublon_pec=True,
        recherche_par_reference=True,
        un_equipement_par_demande=False,
        lots=False,
        organisme_choisi=True,
        version_soap=SoapVersion.V11,
    ),
    names=NOMS,
    load_client=_client,
    load_server=_server,
)
