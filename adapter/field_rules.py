"""What the values of a shop's body must be together, checked before anything is queued.

A request that a platform would refuse for its form is refused here at once, naming field and rule in French, while the
customer is still at the counter: in an outage of three weeks a typing error found at reopening costs a file.
Rules marked fact come from optical-messages.md (the section is given); the others are ours. Pure.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from tierspayant.adapter.demandes import (
    AnnulationCorps,
    Corps,
    DevisCorps,
    DroitsCorps,
    FactureCorps,
    PecCorps,
    PiecesCorps,
)
from tierspayant.adapter.line_rules import LIGNES_MAX, line_faults
from tierspayant.adapter.problem import Fault
from tierspayant.schemas.messages import Beneficiaire, Carte, Equipement, Ligne, Montants, Prescription
from tierspayant.schemas.money import MAX_CENTIMES

Faults: TypeAlias = Iterator[Fault]

REFERENCE: Final = re.compile(r"[!-~]{1,64}")
NUMERO_FACTURE: Final = re.compile(r"[0-9A-Za-z-]{1,20}")
CONVENTION: Final = re.compile(r"[A-Z]{2}")
CSR: Final = re.compile(r"[0-9A-Za-z]{1,10}")
MIME: Final = frozenset({"application/pdf", "image/jpeg", "image/png", "image/tiff"})

PIECES_MAX: Final = 10
PIECE_OCTETS_MAX: Final = 5 * 2**20
"""One document: a scanned prescription has 0.2 to 2 MB."""

PAST_MAX: Final = dt.timedelta(days=2 * 365)
"""Older care or invoice dates are typing errors: the insurers' own limit to bill is two years (ours)."""

FUTURE_MAX: Final = dt.timedelta(days=366)
AGE_MAX: Final = 120


def faults(corps: Corps, jour: dt.date) -> list[Fault]:
    """Every fault of a body; `jour` is today's business date (Europe/Paris)."""
    found = list(_references(corps))
    match corps:
        case FactureCorps():
            found += _facture(corps, jour)
        case DevisCorps():
            found += _pec(corps, jour)
        case DroitsCorps():
            found += [*_care_date(corps.date_soins, jour), *_carte(corps.carte), *_person(corps.beneficiaire, jour)]
        case PiecesCorps():
            found += _pieces(corps)
        case AnnulationCorps():
            pass
    return found


def _references(corps: Corps) -> Faults:
    for champ in ("reference", "dossier", "remplace", "devis", "pec"):
        value = getattr(corps, champ, None)
        if value is not None and not REFERENCE.fullmatch(value):
            yield Fault(f"/{champ}", "REFERENCE_FORME", "1 à 64 caractères sans espace ni accent")
    if getattr(corps, "remplace", None) == corps.reference:
        yield Fault("/remplace", "REMPLACE_SOI", "une demande ne peut pas se remplacer elle-même")
    organisme = getattr(corps, "organisme", None)
    if organisme is not None and not CSR.fullmatch(organisme):
        yield Fault("/organisme", "ORGANISME_FORME", "le code organisme a 1 à 10 lettres ou chiffres")


def _care_date(jour_soins: dt.date, jour: dt.date) -> Faults:
    if not jour - PAST_MAX <= jour_soins <= jour + FUTURE_MAX:
        yield Fault("/date_soins", "DATE_PLAUSIBLE", "date de soins trop ancienne ou trop lointaine")


def _carte(carte: Carte) -> Faults:
    if not CONVENTION.fullmatch(carte.type_convention):  # fact, §4.1
        yield Fault("/carte/type_convention", "CONVENTION_FORME", "le type de convention a 2 lettres majuscules")
    if carte.csr is not None and not CSR.fullmatch(carte.csr):
        yield Fault("/carte/csr", "CSR_FORME", "le CSR a 1 à 10 lettres ou chiffres, ou est absent (null)")
    if carte.valide_du > carte.valide_au:
        yield Fault("/carte/valide_au", "DATES_ORDRE", "la fin de validité de la carte précède son début")


def _person(person: Beneficiaire, jour: dt.date) -> Faults:
    birth = person.date_naissance.jour
    if birth > jour or birth.year < jour.year - AGE_MAX:
        yield Fault("/beneficiaire/date_naissance", "NAISSANCE_PLAUSIBLE", "date de naissance impossible")
    if not 1 <= person.rang_naissance <= 9:  # fact, §4.1: one digit
        yield Fault("/beneficiaire/rang_naissance", "RANG_FORME", "le rang de naissance est un chiffre de 1 à 9")


def _prescription(prescription: Prescription, date_soins: dt.date) -> Faults:
    if prescription.date > date_soins:
        yield Fault("/prescription/date", "DATES_ORDRE", "la prescription est postérieure à la date de soins")
    if prescription.date.year < date_soins.year - AGE_MAX:
        yield Fault("/prescription/date", "DATE_PLAUSIBLE", "date de prescription trop ancienne")


def _pec(corps: DevisCorps, jour: dt.date) -> Faults:
    yield from _care_date(corps.date_soins, jour)
    yield from _carte(corps.carte)
    yield from _person(corps.beneficiaire, jour)
    yield from _prescription(corps.prescription, corps.date_soins)
    yield from _equipement(corps.equipement)
    dernier = corps.dernier_equipement
    if dernier is not None and dernier.date > corps.date_soins:
        yield Fault("/dernier_equipement/date", "DATES_ORDRE", "le dernier équipement est postérieur aux soins")
    if corps.livraison_prevue is not None and corps.livraison_prevue < corps.date_soins:
        yield Fault("/livraison_prevue", "DATES_ORDRE", "la livraison prévue précède la date de soins")
    if isinstance(corps, PecCorps):
        yield from _consentement(corps, jour)


def _consentement(corps: PecCorps, jour: dt.date) -> Faults:
    consent = corps.consentement
    if consent is None:  # fact, §4.3: consent before sending data to a third party
        yield Fault(
            "/consentement", "CONSENTEMENT", "le consentement du client est obligatoire pour une prise en charge"
        )
    elif not consent.donne:
        yield Fault("/consentement/donne", "CONSENTEMENT", "sans le consentement du client, rien ne peut être envoyé")
    elif consent.date > jour:
        yield Fault("/consentement/date", "DATES_ORDRE", "le consentement est daté du futur")


def _equipement(equipement: Equipement) -> Faults:
    if not 1 <= equipement.numero <= 9:
        yield Fault("/equipement/numero", "EQUIPEMENT_NUMERO", "le numéro d'équipement va de 1 à 9")
    yield from _lignes(equipement.lignes, "/equipement/lignes")
    yield from line_faults(equipement.lignes, "/equipement/lignes", equipement.type)


def _lignes(lignes: tuple[Ligne, ...], champ: str) -> Faults:
    if not lignes:
        yield Fault(champ, "LIGNES_VIDES", "au moins une ligne est attendue")
    if len(lignes) > LIGNES_MAX:
        yield Fault(champ, "LIGNES_TROP", f"au plus {LIGNES_MAX} lignes par équipement")
    seen: set[int] = set()
    for rank, ligne in enumerate(lignes):
        if ligne.numero in seen:
            yield Fault(f"{champ}/{rank}/numero", "LIGNE_EN_DOUBLE", "deux lignes ont le même numéro")
        seen.add(ligne.numero)
    if sum(ligne.net_centimes for ligne in lignes) > MAX_CENTIMES:
        yield Fault(champ, "MONTANT_TROP_GRAND", "le total dépasse 999 999,99 €")


def _facture(corps: FactureCorps, jour: dt.date) -> Faults:
    if not NUMERO_FACTURE.fullmatch(corps.numero_facture):
        yield Fault("/numero_facture", "FACTURE_FORME", "1 à 20 lettres sans accent, chiffres ou tirets")
    if not jour - PAST_MAX <= corps.date_facture <= jour:
        yield Fault("/date_facture", "DATE_PLAUSIBLE", "la facture est datée du futur ou de plus de deux ans")
    if corps.date_delivrance > corps.date_facture:  # fact, §4.6: billed after delivery only
        yield Fault("/date_delivrance", "DATES_ORDRE", "on facture après la délivrance, jamais avant")
    if corps.date_delivrance < jour - PAST_MAX:
        yield Fault("/date_delivrance", "DATE_PLAUSIBLE", "date de délivrance trop ancienne")
    if corps.lignes is not None:
        yield from _lignes(corps.lignes, "/lignes")
        yield from line_faults(corps.lignes, "/lignes", None)
    if corps.montants is not None:
        yield from _montants(corps.montants)


def _montants(montants: Montants) -> Faults:
    """Each sum to the centime: total = AMO + AMC + reste à charge, and lines add up to the whole."""
    for block, champ in [
        (montants, "/montants"),
        *((one, f"/montants/lignes/{n}") for n, one in enumerate(montants.lignes)),
    ]:
        for name in ("amo_centimes", "amc_centimes", "reste_a_charge_centimes"):
            if not 0 <= getattr(block, name) <= MAX_CENTIMES:
                yield Fault(f"{champ}/{name}", "MONTANT_BORNES", "un montant va de 0 à 999 999,99 €")
    total = montants.amo_centimes + montants.amc_centimes + montants.reste_a_charge_centimes
    if montants.total_centimes != total:
        yield Fault("/montants/total_centimes", "TOTAL", "total = part AMO + part AMC + reste à charge")
    for name in ("amo_centimes", "amc_centimes", "reste_a_charge_centimes"):
        if montants.lignes and sum(getattr(one, name) for one in montants.lignes) != getattr(montants, name):
            yield Fault(f"/montants/{name}", "TOTAL_LIGNES", "la somme des lignes diffère du montant total")


def _pieces(corps: PiecesCorps) -> Faults:
    if not 1 <= len(corps.pieces) <= PIECES_MAX:
        yield Fault("/pieces", "PIECES_NOMBRE", f"de 1 à {PIECES_MAX} pièces par envoi")
    for rank, piece in enumerate(corps.pieces[:PIECES_MAX]):
        champ = f"/pieces/{rank}"
        if piece.mime not in MIME:
            yield Fault(f"{champ}/mime", "PIECE_TYPE", "formats admis : PDF, JPEG, PNG, TIFF")
        if not re.fullmatch(r"[^/\\\x00-\x1f]{1,120}", piece.nom):
            yield Fault(f"{champ}/nom", "PIECE_NOM", "un nom de fichier de 1 à 120 caractères, sans chemin")
        try:
            data = base64.b64decode(piece.base64, validate=True)
        except (binascii.Error, ValueError):
            yield Fault(f"{champ}/base64", "BASE64", "le contenu n'est pas du base64")
            continue
        if not data or len(data) > PIECE_OCTETS_MAX:
            yield Fault(f"{champ}/base64", "PIECE_TAILLE", "une pièce a de 1 octet à 5 Mo")
