"""The emulator's road: an lxml element that its XSD accepted to a question, an answer to text."""

from __future__ import annotations

from collections.abc import Callable

from plateforme_tierce import CHEMIN, NOMS, NS, PACKAGE, WSDL, XSD
from tierspayant.schemas import lexique
from tierspayant.schemas.champs import Bloc
from tierspayant.schemas.ecriture import bloc, champ, instant, jour, nombre, oui_non, racine
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.identity import DateNaissance, Finess, Nir, Nom, NumeroAdherent, NumeroAmc
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Demande,
    Droits,
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


def _write(appel: Appel, reponse: Reponse) -> str:
    nom = f"p:{NOMS[appel.operation]}Response"
    return racine(nom, {"p": NS}, champ("p:idMessage", appel.entete.id_message), *_written(reponse))


def _written(reponse: Reponse) -> tuple[str, ...]:
    if isinstance(reponse, Indisponible):
        return _motif("p:indisponible", reponse.motif), nombre("p:reessayerApres", reponse.reessayer_apres_s)
    if isinstance(reponse, DroitsReponse):
        return _rights_answer(reponse)
    assert isinstance(reponse, EtatServiceReponse), "the names of this dialect have no other answer"
    return (
        champ("p:service", reponse.service.value),
        oui_non("p:ouvert", reponse.ouvert),
        champ("p:message", reponse.message),
        instant("p:repriseLe", reponse.reprise_prevue),
    )


def _rights_answer(reponse: DroitsReponse) -> tuple[str, ...]:
    return (
        champ("p:reponse", reponse.resultat.value),
        champ("p:organisme", reponse.organisme),
        champ("p:libelleOrganisme", reponse.libelle_organisme),
        _open_rights(reponse.droits),
        *(_motif("p:motif", motif) for motif in reponse.motifs),
    )


def _open_rights(un: Droits | None) -> str:
    if un is None:
        return ""
    return bloc(
        "p:droits",
        jour("p:du", un.du),
        jour("p:au", un.au),
        oui_non("p:pecRequise", un.pec_requise),
        oui_non("p:conventionne", un.conventionne),
        jour("p:dernierEquipement", un.dernier_equipement),
    )


def _motif(nom: str, motif: Motif) -> str:
    return bloc(
        nom,
        champ("p:code", lexique.code_plateforme(PACKAGE, motif)),
        champ("p:libelle", motif.libelle),
        champ("p:champ", motif.champ),
    )


def _detail(faute: Faute) -> str:
    code = lexique.mots(PACKAGE, "motifs").plateforme.get(faute.code, faute.code)
    return racine(
        "p:rejet",
        {"p": NS},
        champ("p:code", code),
        champ("p:regle", faute.regle),
        champ("p:ou", faute.xpath and faute.xpath[:500]),
        champ("p:francais", faute.francais[:500]),
        champ("p:anglais", faute.anglais[:500]),
    )
