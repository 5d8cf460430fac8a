"""An invented third-party platform: one service, two operations. A worked example of docs/ajouter-une-plateforme.md."""

from __future__ import annotations

from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Dialect, DialectClient, DialectServer, Traits
from tierspayant.schemas.soap import SoapVersion

PACKAGE = __name__
NS = "urn:example:plateforme-tierce:1"
CHEMIN, WSDL, XSD = "/echange", "contrat.wsdl", "contrat.xsd"
NOMS = {Operation.DROITS: "VerifierDroits", Operation.ETAT_SERVICE: "DireEtat"}


def _client() -> DialectClient:
    from plateforme_tierce.client import client

    return client()


def _server() -> DialectServer:
    from plateforme_tierce.serveur import server

    return server()


DIALECTE = Dialect(
    nom="tierce",
    traits=Traits(
        dedoublonnage=True,
        doublon_pec=False,
        recherche_par_reference=True,
        un_equipement_par_demande=True,
        lots=False,
        organisme_choisi=False,
        version_soap=SoapVersion.V11,
    ),
    names=NOMS,
    load_client=_client,
    load_server=_server,
)
