"""What the simulated shop sends: the published test cards of both platforms, and files made of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

from tests.simulation.world import DEMO_SHOP
from tierspayant.adapter.demandes import (
    AnnulationCorps,
    DevisCorps,
    DroitsCorps,
    FactureCorps,
    PecCorps,
    PieceCorps,
    PiecesCorps,
)
from tierspayant.adapter.intake import Nouvelle
from tierspayant.schemas.identity import DateNaissance, Lpp, Nir, Nom, NumeroAdherent, NumeroAmc
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Classe,
    Consentement,
    DernierEquipement,
    Equipement,
    Ligne,
    MotifAnnulation,
    Oeil,
    Prescription,
    Qualite,
    TypeEquipement,
    TypeLigne,
    TypePiece,
    TypePrescription,
    Zone,
)
from tierspayant.schemas.operations import Operation

JOUR = dt.date(2024, 1, 31)
ORGANISMES = {"viamedis": "M011", "almerys": "A020"}
_AMC = {"viamedis": ("00990011", "003"), "almerys": ("990020020", None)}
_PERSONNES = {
    "viamedis": ("285057599900197", "1985-05-12", "DUPRE", "ALICE", "A1234567"),
    "almerys": ("190097599900361", "1990-09-23", "LEROUX", "HUGO", "C2345678"),
}


def carte(plateforme: str) -> Carte:
    numero, csr = _AMC[plateforme]
    return Carte(
        numero_amc=NumeroAmc(numero),
        type_convention="TP",
        csr=csr,
        numero_adherent=NumeroAdherent(_PERSONNES[plateforme][4]),
        valide_du=dt.date(2024, 1, 1),
        valide_au=dt.date(2024, 12, 31),
    )


def assure(plateforme: str) -> Assure:
    return Assure(nir=Nir(_PERSONNES[plateforme][0]))


def beneficiaire(plateforme: str) -> Beneficiaire:
    _, naissance, nom, prenom, _ = _PERSONNES[plateforme]
    return Beneficiaire(
        date_naissance=DateNaissance(naissance), nom=Nom(nom), prenom=Nom(prenom), qualite=Qualite.ASSURE
    )


def equipement(prix_monture: int = 12000, numero: int = 1) -> Equipement:
    """The standard pair: frame B 120.00, two simple lenses B 90.00; a magic price of the frame chooses an outcome."""
    verre = Ligne(
        numero=2,
        type=TypeLigne.VERRE,
        oeil=Oeil.DROIT,
        zone=Zone.SIMPLE,
        lpp=Lpp("2299121"),
        classe=Classe.B,
        prix_centimes=9000,
    )
    monture = Ligne(numero=1, type=TypeLigne.MONTURE, lpp=Lpp("2299026"), classe=Classe.B, prix_centimes=prix_monture)
    return Equipement(
        numero=numero, type=TypeEquipement.UNIFOCAL, lignes=(monture, verre, replace(verre, numero=3, oeil=Oeil.GAUCHE))
    )


def droits(plateforme: str, reference: str) -> Nouvelle:
    corps = DroitsCorps(
        reference=reference,
        date_soins=JOUR,
        carte=carte(plateforme),
        assure=assure(plateforme),
        beneficiaire=beneficiaire(plateforme),
    )
    return _routed(plateforme, Operation.DROITS, corps)


def pec(plateforme: str, dossier: str, rang: int = 1, prix_monture: int = 12000) -> Nouvelle:
    corps = PecCorps(
        dossier=dossier,
        reference=f"{dossier}/PEC-{rang}",
        date_soins=JOUR,
        carte=carte(plateforme),
        assure=assure(plateforme),
        beneficiaire=beneficiaire(plateforme),
        prescription=Prescription(date=dt.date(2023, 11, 2), type=TypePrescription.RENOUVELLEMENT),
        equipement=equipement(prix_monture),
        dernier_equipement=DernierEquipement(date=dt.date(2021, 3, 10)),
        consentement=Consentement(donne=True, date=JOUR),
    )
    return _routed(plateforme, Operation.PEC, corps)


def facture(dossier: str, numero: str, rang: int = 1, jour: dt.date = JOUR) -> Nouvelle:
    corps = FactureCorps(
        dossier=dossier,
        reference=f"{dossier}/FAC-{rang}",
        pec=f"{dossier}/PEC-1",
        numero_facture=numero,
        date_facture=jour,
        date_delivrance=jour,
    )
    return Nouvelle(magasin=DEMO_SHOP, operation=Operation.FACTURE, corps=corps)


def _routed(plateforme: str, operation: Operation, corps: DroitsCorps | DevisCorps) -> Nouvelle:
    return Nouvelle(
        magasin=DEMO_SHOP,
        operation=operation,
        corps=corps,
        plateforme=plateforme,
        organisme=ORGANISMES[plateforme],
    )


def devis(plateforme: str, dossier: str, prix_monture: int = 12000) -> Nouvelle:
    """The quote that comes before the PEC of the same equipment."""
    body = pec(plateforme, dossier, prix_monture=prix_monture).corps
    assert isinstance(body, PecCorps)
    champs = {field.name: getattr(body, field.name) for field in fields(DevisCorps)}
    corps = DevisCorps(**{**champs, "reference": f"{dossier}/DEV-1", "consentement": None})
    return _routed(plateforme, Operation.DEVIS, corps)


def pieces(cible: str, reference: str, type_: TypePiece = TypePiece.ORDONNANCE) -> Nouvelle:
    """One small document for a PEC (`cible`: the PEC's id)."""
    piece = PieceCorps(type=type_, nom="ordonnance.pdf", mime="application/pdf", base64="JVBERi0xLjQKJSVFT0YK")
    corps = PiecesCorps(reference=reference, pieces=(piece,))
    return Nouvelle(magasin=DEMO_SHOP, operation=Operation.PIECES, corps=corps, cible=cible)


def annulation(cible: str, reference: str, operation: Operation = Operation.ANNULATION_PEC) -> Nouvelle:
    corps = AnnulationCorps(reference=reference, motif=MotifAnnulation.CHANGEMENT_EQUIPEMENT)
    return Nouvelle(magasin=DEMO_SHOP, operation=operation, corps=corps, cible=cible)
