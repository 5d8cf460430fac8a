"""Rules of one equipment's lines: eye and zone of a lens, one frame, prices, rebates, bounds of a correction. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from tierspayant.adapter.problem import Fault
from tierspayant.schemas.messages import Correction, Ligne, TypeEquipement, TypeLigne
from tierspayant.schemas.money import MAX_CENTIMES

Faults: TypeAlias = Iterator[Fault]

LIGNES_MAX: Final = 20
"""Lines of one equipment: a frame, two lenses and their options are about ten."""

QUANTITE_MAX: Final = 99
SPHERE_MAX: Final = 3_000
CYLINDRE_MAX: Final = 1_500
ADDITION_MAX: Final = 400
STEP: Final = 25
"""Dioptres in hundredths: -30.00 to +30.00 in steps of 0.25, addition to 4.00 (§4.3: step public, bounds ours)."""


def line_faults(lignes: tuple[Ligne, ...], champ: str, equipement: TypeEquipement | None) -> Faults:
    """Every fault of the lines, each line alone then all together. `equipement` is None when only lines are known."""
    for rank, ligne in enumerate(lignes[:LIGNES_MAX]):
        yield from _ligne(ligne, f"{champ}/{rank}")
        correction = ligne.correction
        if (
            equipement is TypeEquipement.MULTIFOCAL and correction and correction.addition_centiemes is None
        ):  # fact, §4.3
            where = f"{champ}/{rank}/correction/addition_centiemes"
            yield Fault(where, "ADDITION_MULTIFOCAL", "la correction d'un multifocal indique l'addition")
    if sum(ligne.type is TypeLigne.MONTURE for ligne in lignes) > 1:
        yield Fault(
            champ, "UN_EQUIPEMENT", "une seule monture par équipement : un second équipement est une autre demande"
        )
    for type_ in (TypeLigne.VERRE, TypeLigne.LENTILLE):
        eyes = [ligne.oeil for ligne in lignes if ligne.type is type_ and ligne.oeil is not None]
        if type_ is TypeLigne.VERRE and len(set(eyes)) < len(eyes):
            yield Fault(champ, "UN_VERRE_PAR_OEIL", "un seul verre par œil dans un équipement")
    yield from _same_kind(lignes, champ, equipement)


def _same_kind(lignes: tuple[Ligne, ...], champ: str, equipement: TypeEquipement | None) -> Faults:
    kinds = {ligne.type for ligne in lignes}
    lenses, glasses = TypeLigne.LENTILLE in kinds, bool(kinds & {TypeLigne.MONTURE, TypeLigne.VERRE})
    if lenses and glasses:
        yield Fault(champ, "UN_EQUIPEMENT", "lunettes et lentilles sont deux équipements, donc deux demandes")
    elif equipement is TypeEquipement.LENTILLES and glasses:
        yield Fault(champ, "TYPE_EQUIPEMENT", "un équipement de lentilles ne contient ni monture ni verre")
    elif equipement not in {None, TypeEquipement.LENTILLES} and lenses:
        yield Fault(champ, "TYPE_EQUIPEMENT", "un équipement de lunettes ne contient pas de lentilles")


def _ligne(ligne: Ligne, champ: str) -> Faults:
    if not 1 <= ligne.numero <= 99:
        yield Fault(f"{champ}/numero", "LIGNE_NUMERO", "le numéro de ligne va de 1 à 99")
    if not 1 <= ligne.quantite <= QUANTITE_MAX:
        yield Fault(f"{champ}/quantite", "QUANTITE", f"la quantité va de 1 à {QUANTITE_MAX}")
    if not 0 <= ligne.prix_centimes <= MAX_CENTIMES:
        yield Fault(f"{champ}/prix_centimes", "MONTANT_BORNES", "un prix va de 0 à 999 999,99 €")
    elif not 0 <= ligne.remise_centimes <= ligne.prix_centimes * max(ligne.quantite, 0):
        yield Fault(f"{champ}/remise_centimes", "REMISE", "la remise va de 0 au prix de la ligne")
    yield from _eye_and_zone(ligne, champ)
    if ligne.correction is not None:
        if ligne.type not in {TypeLigne.VERRE, TypeLigne.LENTILLE}:
            yield Fault(f"{champ}/correction", "CORRECTION_LIGNE", "seul un verre ou une lentille a une correction")
        yield from _correction(ligne.correction, f"{champ}/correction")


def _eye_and_zone(ligne: Ligne, champ: str) -> Faults:
    if ligne.type is TypeLigne.VERRE:
        if ligne.oeil is None:
            yield Fault(f"{champ}/oeil", "VERRE_OEIL", "un verre indique l'œil, D ou G")
        if ligne.zone is None:
            yield Fault(f"{champ}/zone", "VERRE_ZONE", "un verre indique la zone : simple, complexe ou tres_complexe")
    elif ligne.type is TypeLigne.MONTURE:
        for name in ("oeil", "zone"):
            if getattr(ligne, name) is not None:
                yield Fault(f"{champ}/{name}", "MONTURE_SANS_OEIL", "une monture n'a ni œil ni zone")


def _step(value: int, maximum: int) -> bool:
    return abs(value) <= maximum and value % STEP == 0


def _correction(correction: Correction, champ: str) -> Faults:
    if not _step(correction.sphere_centiemes, SPHERE_MAX):
        yield Fault(f"{champ}/sphere_centiemes", "SPHERE", "la sphère va de -30,00 à +30,00 par pas de 0,25")
    if correction.cylindre_centiemes is not None and not _step(correction.cylindre_centiemes, CYLINDRE_MAX):
        yield Fault(f"{champ}/cylindre_centiemes", "CYLINDRE", "le cylindre va de -15,00 à +15,00 par pas de 0,25")
    if correction.axe is not None and not 0 <= correction.axe <= 180:
        yield Fault(f"{champ}/axe", "AXE", "l'axe va de 0 à 180 degrés")
    if bool(correction.cylindre_centiemes) != (correction.axe is not None):  # fact, §4.3
        yield Fault(f"{champ}/axe", "AXE_CYLINDRE", "l'axe accompagne le cylindre, et lui seul")
    addition = correction.addition_centiemes
    if addition is not None and not (addition > 0 and _step(addition, ADDITION_MAX)):
        yield Fault(f"{champ}/addition_centiemes", "ADDITION", "l'addition va de 0,25 à 4,00 par pas de 0,25")
