"""A shop's software as a stranger would write it: stock zeep, blocking, given only `?wsdl` addresses. Nothing of ours.

One class per contract. Each walks one file: rights, PEC, invoice, state. Amounts come back as the platform says them.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import zeep

MAGASIN = "759999014"
AUJOURDHUI = dt.date(2024, 1, 31)
PRIX = {"monture": 12000, "verre": 9000}
"""Of the standard equipment, in centimes: a frame and two simple lenses of class B."""


class Clients:
    """zeep clients of a platform, one per service, with a new message id for each call."""

    def __init__(self, base: str, services: tuple[str, ...], suffixe: str = "?wsdl") -> None:
        self._numeros = itertools.count(1)
        self._clients = {service: zeep.Client(f"{base}/{service}{suffixe}") for service in services}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        for client in self._clients.values():
            client.transport.session.close()

    def call(self, service: str, operation: str, **champs: Any) -> Any:
        entete = {
            "idMessage": f"caisse-{next(self._numeros)}",
            "magasin": MAGASIN,
            "horodatage": dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC),
        }
        reponse = self._clients[service].service[operation](**champs, _soapheaders={"entete": entete})
        assert reponse.idMessage == entete["idMessage"]
        return reponse


class FiveServices(Clients):
    """The contract with five services, an insurer to pick from a list, and decimal euros."""

    def __init__(self, base: str, suffixe: str = "?wsdl") -> None:
        super().__init__(base, ("droits", "prises-en-charge", "facturation", "retours"), suffixe)

    def done(self, service: str, operation: str, **champs: Any) -> Any:
        reponse = self.call(service, operation, **champs)
        assert reponse.compteRendu.statut == "TRAITE", reponse.compteRendu
        return reponse

    def organismes(self) -> Mapping[str, str]:
        """Code of each insurer by its AMC number."""
        return {un.numeroAmc: un.code for un in self.done("droits", "ListerOrganismes").organisme}

    def personne(
        self, amc: str, csr: str | None, adherent: str, nir: str, ne_le: dt.date, nom: str, prenom: str
    ) -> dict[str, Any]:
        """Card, policy holder, wearer, and the insurer picked from the platform's own list."""
        carte = {"numeroAmc": amc, "typeConvention": "TP", "numeroAdherent": adherent}
        carte |= {} if csr is None else {"csr": csr}
        validite = {"valideDu": dt.date(2024, 1, 1), "valideAu": dt.date(2024, 12, 31)}
        qui = {"dateNaissance": ne_le, "rangNaissance": 1, "nom": nom, "prenom": prenom, "qualite": "ASSURE"}
        organisme = self.organismes()[amc]
        return {"organisme": organisme, "carte": carte | validite, "assure": {"nir": nir}, "beneficiaire": qui}

    def lignes(self) -> list[dict[str, Any]]:
        commun = {"classe": "B", "remise": Decimal("0.00"), "quantite": 1}
        verre = {"type": "VERRE", "zone": "SIMPLE", "lpp": "2299121", "prix": _euros(PRIX["verre"]), **commun}
        monture = {"type": "MONTURE", "lpp": "2299026", "prix": _euros(PRIX["monture"]), **commun}
        return [{"numero": 1, **monture}, {"numero": 2, "oeil": "D", **verre}, {"numero": 3, "oeil": "G", **verre}]

    def droits(self, qui: dict[str, Any]) -> Any:
        return self.done("droits", "ConsulterDroits", dateSoins=AUJOURDHUI, **qui)

    def pec(self, dossier: str, qui: dict[str, Any]) -> Any:
        demande = {
            "dossier": dossier,
            "reference": f"{dossier}/PEC-1",
            "dateSoins": AUJOURDHUI,
            **qui,
            "prescription": {"datePrescription": dt.date(2023, 11, 2), "type": "RENOUVELLEMENT"},
            "equipement": {"numero": 1, "type": "UNIFOCAL", "ligne": self.lignes()},
            "consentement": {"donne": True, "dateConsentement": AUJOURDHUI},
        }
        return self.done("prises-en-charge", "DemanderPriseEnCharge", demande=demande).priseEnCharge

    def facture(self, dossier: str, qui: dict[str, Any], pec: Any, numero: str) -> Any:
        montants = {nom: pec.montants[nom] for nom in ("total", "partAmo", "partAmc", "resteACharge")}
        facture = {
            "dossier": dossier,
            "reference": f"{dossier}/FAC-1",
            "numeroPec": pec.numero,
            "numeroFacture": numero,
            "dateFacture": AUJOURDHUI,
            "dateDelivrance": AUJOURDHUI,
            **qui,
            "montants": montants,
            "ligne": self.lignes(),
        }
        return self.done("facturation", "DeposerFacture", facture=facture)

    def etat_facture(self, numero: str) -> Any:
        [une] = self.done("facturation", "ConsulterFacture", numeroFacture=numero).facture
        return une


class OneCounter(Clients):
    """The contract with one service, return codes, invoices in lots, and integer centimes."""

    def __init__(self, base: str, suffixe: str = "?wsdl") -> None:
        super().__init__(base, ("tiers-payant",), suffixe)

    def done(self, operation: str, **champs: Any) -> Any:
        reponse = self.call("tiers-payant", operation, **champs)
        assert reponse.retour.codeRetour == "0000", reponse.retour
        return reponse

    def personne(self, amc: str, adherent: str, nir: str, ne_le: dt.date, nom: str, prenom: str) -> dict[str, Any]:
        attestation = {"numeroAMC": amc, "typeConvention": "TP", "numeroAdherent": adherent}
        validite = {"debutValidite": "20240101", "finValidite": "20241231"}
        qui = {"dateNaissance": f"{ne_le:%Y%m%d}", "rangNaissance": 1, "nom": nom, "prenom": prenom, "lien": "OD"}
        ouvrant_droit = {"nir": nir[:13], "cleNir": nir[13:]}
        return {"attestation": attestation | validite, "ouvrantDroit": ouvrant_droit, "individu": qui}

    def articles(self) -> list[dict[str, Any]]:
        commun = {"classe": "B", "remise": 0, "quantite": 1}
        verre = {"nature": "VER", "zoneOptique": "S", "codeLPP": "2299121", "prixUnitaire": PRIX["verre"], **commun}
        monture = {"nature": "MON", "codeLPP": "2299026", "prixUnitaire": PRIX["monture"], **commun}
        return [
            {"numeroArticle": 1, **monture},
            {"numeroArticle": 2, "cote": "OD", **verre},
            {"numeroArticle": 3, "cote": "OG", **verre},
        ]

    def droits(self, qui: dict[str, Any]) -> Any:
        return self.done("IdentifierBeneficiaire", dateSoins=f"{AUJOURDHUI:%Y%m%d}", **qui)

    def pec(self, dossier: str, qui: dict[str, Any]) -> Any:
        reponse = self.done(
            "Valoriser",
            typeDemande="PEC",
            referenceDossier=dossier,
            referenceDemande=f"{dossier}/PEC-1",
            dateSoins=f"{AUJOURDHUI:%Y%m%d}",
            **qui,
            ordonnance={"dateOrdonnance": "20231102", "nature": "R"},
            equipement={"rang": 1, "typeVision": "UNI", "article": self.articles()},
            consentement={"recueilli": True, "dateRecueil": f"{AUJOURDHUI:%Y%m%d}"},
        )
        return reponse.dossier

    def facture(self, dossier: str, qui: dict[str, Any], pec: Any, numero: str, lot: str) -> Any:
        valorisation = {nom: pec.valorisation[nom] for nom in ("total", "partAMO", "partAMC", "resteACharge")}
        facture = {
            "referenceDossier": dossier,
            "referenceFacture": f"{dossier}/FAC-1",
            "numeroDossier": pec.numeroDossier,
            "numeroFacture": numero,
            "dateFacture": f"{AUJOURDHUI:%Y%m%d}",
            "dateDelivrance": f"{AUJOURDHUI:%Y%m%d}",
            **qui,
            "valorisation": valorisation,
            "article": self.articles(),
        }
        return self.done("DeposerLot", numeroLot=lot, facture=[facture]).arl

    def etat_facture(self, numero: str) -> Any:
        [une] = self.done("ConsulterFacture", numeroFacture=numero).facture
        return une


def _euros(centimes: int) -> Decimal:
    return Decimal(centimes).scaleb(-2)  # 120.00 keeps its two decimals, which the contract wants
