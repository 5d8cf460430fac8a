"""The emulator's road: an lxml element that its XSD accepted to a question, an answer to an lxml element."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from plateforme_tierce import CHEMIN, NOMS, NS, PACKAGE, WSDL, XSD
from tierspayant.schemas import lexique
from tierspayant.schemas.champs import Bloc, ajoute, instant_z, oui_non
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.identity import DateNaissance, Finess, Nir, Nom, NumeroAdherent, NumeroAmc
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Demande,
    DroitsDemande,
    DroitsReponse,
    Entete,
    EtatServiceDemande,
    EtatServiceReponse,
    Indisponible,
    Motif,
    Qualite,
    Reponse,
)
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.server_road import Grammaire, Mot, ServerRoad


def server() -> ServerRoad:
    """platforms.DialectServer of this dialect."""
    lectures: dict[Operation, Callable[[Bloc], Demande]] = {Operation.DROITS: _rights, Operation.ETAT_SERVICE: _state}
    mots = tuple(Mot(_q(NOMS[une]), XSD, frozenset({une}), lecture, _write) for une, lecture in lectures.items())
    return ServerRoad(
        Grammaire(
            package=PACKAGE,
            wsdl={CHEMIN: WSDL},
            schemas=frozenset({XSD}),
            mots={CHEMIN: mots},
            entete=_q("appelant"),
            entete_xsd=XSD,
            read_entete=_entete,
            detail=_detail,
        )
    )


def _q(nom: str) -> str:
    return f"{{{NS}}}{nom}"


def _entete(bloc: Bloc) -> Entete:
    return Entete(
        id_message=bloc.texte("idMessage"),
        magasin=bloc.identifiant("finess", Finess),
        emis_le=bloc.instant("emisLe"),
        jeton_session=bloc.texte_ou_rien("jeton"),
    )


def _rights(bloc: Bloc) -> DroitsDemande:
    carte = Carte(
        numero_amc=bloc.identifiant("amc", NumeroAmc),
        type_convention=bloc.texte("convention"),
        csr=bloc.texte_ou_rien("csr"),
        numero_adherent=bloc.identifiant("adherent", NumeroAdherent),
        valide_du=bloc.jour("carteDu"),
        valide_au=bloc.jour("carteAu"),
    )
    qui = Beneficiaire(
        date_naissance=bloc.lire("neLe", DateNaissance),
        rang_naissance=bloc.entier("rang"),
        nom=bloc.identifiant("nom", Nom),
        prenom=bloc.identifiant("prenom", Nom),
        qualite=Qualite(bloc.texte("qualite")),
    )
    assure = Assure(nir=bloc.identifiant("nir", Nir))
    return DroitsDemande(date_soins=bloc.jour("jour"), carte=carte, assure=assure, beneficiaire=qui)


def _state(bloc: Bloc) -> EtatServiceDemande:
    return EtatServiceDemande(service=Service(bloc.texte("service")))


def _write(appel: Appel, reponse: Reponse) -> etree._Element:
    root = etree.Element(_q(f"{NOMS[appel.operation]}Response"), nsmap={"p": NS})
    ajoute(root, _q("idMessage"), appel.entete.id_message)
    if isinstance(reponse, Indisponible):
        _motif(root, "indisponible", reponse.motif)
        attente = reponse.reessayer_apres_s
        ajoute(root, _q("reessayerApres"), None if attente is None else str(attente))
    elif isinstance(reponse, DroitsReponse):
        _write_rights(root, reponse)
    elif isinstance(reponse, EtatServiceReponse):
        ajoute(root, _q("service"), reponse.service.value)
        ajoute(root, _q("ouvert"), oui_non(reponse.ouvert))
        ajoute(root, _q("message"), reponse.message)
        ajoute(root, _q("repriseLe"), instant_z(reponse.reprise_prevue) if reponse.reprise_prevue else None)
    return root


def _write_rights(root: etree._Element, reponse: DroitsReponse) -> None:
    ajoute(root, _q("reponse"), reponse.resultat.value)
    ajoute(root, _q("organisme"), reponse.organisme)
    ajoute(root, _q("libelleOrganisme"), reponse.libelle_organisme)
    if reponse.droits is not None:
        un = reponse.droits
        bloc = etree.SubElement(root, _q("droits"))
        ajoute(bloc, _q("du"), un.du.isoformat())
        ajoute(bloc, _q("au"), un.au.isoformat())
        ajoute(bloc, _q("pecRequise"), oui_non(un.pec_requise))
        ajoute(bloc, _q("conventionne"), oui_non(un.conventionne))
        ajoute(bloc, _q("dernierEquipement"), un.dernier_equipement.isoformat() if un.dernier_equipement else None)
    for motif in reponse.motifs:
        _motif(root, "motif", motif)


def _motif(root: etree._Element, nom: str, motif: Motif) -> None:
    bloc = etree.SubElement(root, _q(nom))
    ajoute(bloc, _q("code"), lexique.code_plateforme(PACKAGE, motif))
    ajoute(bloc, _q("libelle"), motif.libelle)
    ajoute(bloc, _q("champ"), motif.champ)


def _detail(faute: Faute) -> etree._Element:
    root = etree.Element(_q("rejet"), nsmap={"p": NS})
    code = lexique.mots(PACKAGE, "motifs").plateforme.get(faute.code, faute.code)
    champs = {
        "code": code,
        "regle": faute.regle,
        "ou": faute.xpath,
        "francais": faute.francais,
        "anglais": faute.anglais,
    }
    for nom, texte in champs.items():
        ajoute(root, _q(nom), texte and texte[:500])
    return root
