"""The messages that show what a test card does: the standard request of a person, changed as its row says.

A row of population.toml may carry a `cas`: which question to ask, what to do before, what to change in the standard
request, and the code or result to expect. The tests walk through every card this way, and so can any client.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tierspayant.emulator.dates import resolve
from tierspayant.emulator.demo_files import STANDARD, wearer
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.people import Cas, Personne
from tierspayant.schemas import plain
from tierspayant.schemas.identity import Lpp, Prescripteur
from tierspayant.schemas.messages import (
    AnnulationPecDemande,
    Assure,
    Carte,
    Classe,
    Consentement,
    DevisDemande,
    DroitsDemande,
    Equipement,
    Facture,
    Ligne,
    Montants,
    MotifAnnulation,
    Oeil,
    PecDemande,
    Piece,
    PiecesDemande,
    Prescription,
    TypeEquipement,
    TypeLigne,
    TypePiece,
    TypePrescription,
    Zone,
)
from tierspayant.schemas.money import Centimes


def _pair(frame: tuple[str, Classe, Centimes], lens: tuple[str, Classe, Centimes], zone: Zone, kind: str) -> Equipement:
    code, classe, price = frame
    lens_code, lens_classe, lens_price = lens
    lenses = tuple(
        Ligne(
            numero=numero,
            type=TypeLigne.VERRE,
            lpp=Lpp(lens_code),
            prix_centimes=lens_price,
            classe=lens_classe,
            oeil=oeil,
            zone=zone,
        )
        for numero, oeil in ((2, Oeil.DROIT), (3, Oeil.GAUCHE))
    )
    first = Ligne(numero=1, type=TypeLigne.MONTURE, lpp=Lpp(code), prix_centimes=price, classe=classe)
    return Equipement(numero=1, type=TypeEquipement(kind), lignes=(first, *lenses))


EQUIPEMENTS: dict[str, Equipement] = {
    "standard": STANDARD,
    "classe_a": _pair(("2299010", Classe.A, 3000), ("2299115", Classe.A, 3250), Zone.SIMPLE, "unifocal"),
    "mixte": _pair(("2299010", Classe.A, 3000), ("2299121", Classe.B, 22000), Zone.SIMPLE, "unifocal"),
    "cher": _pair(("2299026", Classe.B, 25000), ("2299121", Classe.B, 22000), Zone.SIMPLE, "unifocal"),
    "multifocal": _pair(("2299026", Classe.B, 12000), ("2299322", Classe.B, 18000), Zone.COMPLEXE, "multifocal"),
    "lentilles": Equipement(
        numero=1,
        type=TypeEquipement.LENTILLES,
        lignes=(Ligne(numero=1, type=TypeLigne.LENTILLE, lpp=Lpp("2299411"), prix_centimes=4500, classe=Classe.B),),
    ),
}
"""The equipments a card may ask for; `standard` is that of every example."""


def card_of(person: Personne, amc: Amc, start: dt.date) -> Carte:
    """The insurance card of that person in the session's year."""
    return Carte(
        numero_amc=amc.numero_amc,
        type_convention=amc.type_convention,
        csr=amc.csr,
        numero_adherent=person.numero_adherent,
        valide_du=resolve("debut_annee", start),
        valide_au=resolve("fin_annee", start),
    )


def rights_request(person: Personne, amc: Amc, day: dt.date, organisme_choisi: bool) -> DroitsDemande:
    """The rights check of that card."""
    return DroitsDemande(
        date_soins=day,
        carte=card_of(person, amc, day),
        assure=Assure(nir=person.nir),
        beneficiaire=wearer(person),
        organisme=amc.organisme if organisme_choisi else None,
    )


def pec_request(
    person: Personne,
    amc: Amc,
    day: dt.date,
    organisme_choisi: bool,
    dossier: str,
    equipement: str = "standard",
    devis: bool = False,
) -> PecDemande:
    """The PEC request (or quote) of that card for one of EQUIPEMENTS."""
    kind = DevisDemande if devis else PecDemande
    return kind(
        dossier=dossier,
        reference=f"{dossier}/{'DEV' if devis else 'PEC'}-1",
        date_soins=day,
        carte=card_of(person, amc, day),
        assure=Assure(nir=person.nir),
        beneficiaire=wearer(person),
        prescription=Prescription(
            date=day - dt.timedelta(days=60),
            type=TypePrescription.RENOUVELLEMENT,
            prescripteur=Prescripteur("10101010105"),
        ),
        equipement=EQUIPEMENTS[equipement],
        consentement=None if devis else Consentement(donne=True, date=day),
        livraison_prevue=day + dt.timedelta(days=10),
        organisme=amc.organisme if organisme_choisi else None,
    )


def invoice(pec: PecDemande, numero_pec: str, montants: Montants, numero: str, day: dt.date) -> Facture:
    """The invoice of a granted PEC, delivered and dated on `day`."""
    return Facture(
        dossier=pec.dossier,
        reference=f"{pec.dossier}/FAC-1",
        numero_pec=numero_pec,
        numero_facture=numero,
        date_facture=day,
        date_delivrance=day,
        carte=pec.carte,
        assure=pec.assure,
        beneficiaire=pec.beneficiaire,
        montants=montants,
        lignes=pec.equipement.lignes,
        organisme=pec.organisme,
    )


def cancellation(numero_pec: str, dossier: str) -> AnnulationPecDemande:
    """The cancellation of a PEC."""
    return AnnulationPecDemande(
        numero_pec=numero_pec, reference=f"{dossier}/ANN-1", motif=MotifAnnulation.CLIENT_RENONCE
    )


def documents(numero_pec: str, dossier: str) -> PiecesDemande:
    """The prescription, sent as a document."""
    one = Piece(type=TypePiece.ORDONNANCE, nom="ordonnance.pdf", mime="application/pdf", contenu=b"%PDF-1.4 exemple")
    return PiecesDemande(numero_pec=numero_pec, reference=f"{dossier}/PIE-1", pieces=(one,))


def changed(message: Any, cas: Cas, start: dt.date) -> Any:
    """The message with the changes a card asks for (dotted paths; relative dates; `sans` removes a field)."""
    raw = plain.to_plain(message)
    for path, value in cas.change.items():
        parent, leaf = _reach(raw, path)
        parent[leaf] = _value(value, start)
    for path in cas.sans:
        parent, leaf = _reach(raw, path)
        parent[leaf] = None
    return plain.from_plain(type(message), raw)


def _reach(raw: Any, path: str) -> tuple[Any, Any]:
    *names, leaf = [int(part) if part.isdigit() else part for part in path.split(".")]
    for name in names:
        if isinstance(name, str) and raw.get(name) is None:
            raw[name] = {}
        raw = raw[name]
    return raw, leaf


def _value(value: Any, start: dt.date) -> Any:
    relative = isinstance(value, str) and (value.startswith(("-P", "+P")) or value in ("debut_annee", "fin_annee"))
    return resolve(value, start).isoformat() if relative else value
