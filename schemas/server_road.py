"""The server's road (lxml, no zeep), for every dialect: bytes to Appel, Reponse to bytes, Faute to a typed SOAP fault.

A dialect gives a `Grammaire`: its files, its header block, and one `Mot` per wire operation. What is common stays here:
media types, limits, envelope, dispatch by the Body's element, XSD both ways, which rule a bad message breaks.

Rule ids a client can meet in a TEC05 fault: HTTP_*, XML_*, SOAP_* (before the contract), OPERATION_INCONNUE,
OPERATION_AILLEURS, CHAMP_MANQUANT, CHAMP_CONDITIONNEL, CHAMP_INCONNU, CHAMP_REPETE, CHAMP_NUL, ORDRE, ESPACE_DE_NOMS,
ATTRIBUT_INCONNU, CONTENU, VALEUR_ENUM, VALEUR_FORME, VALEUR_DECIMALES, VALEUR_LONGUEUR, VALEUR_BORNES, then the
identifiers' own (NIR_CLE, LPP_CLE, FINESS_CLE, ...). Faults about the account have a rule COMPTE_<reason>, see
client_road.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from tierspayant.schemas import contract, soap, xml, xsd_rules
from tierspayant.schemas.champs import Bloc
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.http_body import document
from tierspayant.schemas.messages import Demande, Entete, EtatServiceDemande, Reponse
from tierspayant.schemas.operations import SERVICE_OF, Operation
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.soap import Envelope, SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{{{_XSI}}}type"


@dataclass(frozen=True, slots=True)
class Mot:
    """One operation as the dialect says it.

    element: qualified name of the request's body element; xsd: the file that declares it and its answer;
    operations: the logical operations it can mean; read: body -> Demande (its `operation` decides which);
    write: the answer's body element, as text (ecriture.py). `documents` allows the larger size.
    """

    element: str
    xsd: str
    operations: frozenset[Operation]
    read: Callable[[Bloc], Demande]
    write: Callable[[Appel, Reponse], str]
    documents: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammaire:
    """A dialect for the server's road.

    package: where its files are; wsdl and mots: by service path ('/droits'); schemas: the XSD files it serves;
    entete: qualified name of the business header, declared in `entete_xsd`; read_entete reads it;
    detail: the typed fault element, declared in `entete_xsd` too.
    """

    package: str
    wsdl: Mapping[str, str]
    schemas: frozenset[str]
    mots: Mapping[str, tuple[Mot, ...]]
    entete: str
    entete_xsd: str
    read_entete: Callable[[Bloc], Entete]
    detail: Callable[[Faute], str]


@dataclass(frozen=True, slots=True)
class Contexte:
    """What stays of the message for who must see it whole (a signature check): the parsed envelope, untouched."""

    enveloppe: Envelope
    multipart: bool


class ServerRoad:
    """platforms.DialectServer for a Grammaire."""

    def __init__(self, grammaire: Grammaire) -> None:
        self._grammaire = grammaire
        self._par_chemin = {chemin: {mot.element: mot for mot in mots} for chemin, mots in grammaire.mots.items()}
        self._chemins = {
            chemin: frozenset().union(*(mot.operations for mot in mots)) for chemin, mots in grammaire.mots.items()
        }
        self._par_operation = {
            (chemin, une): mot for chemin, mots in grammaire.mots.items() for mot in mots for une in mot.operations
        }
        self._understood = frozenset({grammaire.entete})
        self._ailleurs = {mot.element: chemin for chemin, mots in grammaire.mots.items() for mot in mots}
        self._limites = {
            chemin: xml.MAX_BYTES_PIECES if any(mot.documents for mot in mots) else xml.MAX_BYTES
            for chemin, mots in grammaire.mots.items()
        }

    @property
    def chemins(self) -> Mapping[str, frozenset[Operation]]:
        return self._chemins

    def description(self, chemin: str, version: SoapVersion, base: str) -> bytes:
        """The WSDL of a path. Its XSD imports are relative: '/droits?wsdl' imports '/commun.xsd'."""
        return contract.description(
            self._grammaire.package, self._grammaire.wsdl[chemin], version, base.rstrip("/") + "/"
        )

    def schema(self, chemin: str, nom: str) -> bytes | None:
        """An XSD by its file name, the same under every path of the dialect; None when there is none."""
        if chemin not in self._grammaire.wsdl or nom not in self._grammaire.schemas:
            return None
        return contract.read(self._grammaire.package, nom)

    def read(self, requete: HttpRequest) -> Appel:
        """The call a POST makes. Raises Faute and nothing else."""
        mots = self._par_chemin.get(requete.path)
        if mots is None:
            raise _client("SERVICE_INCONNU", "aucun service à cette adresse", "no service at this address", statut=404)
        try:
            lu = document(requete.headers, requete.body, self._limites[requete.path])
        except xml.XmlInvalide as erreur:
            raise _client(
                erreur.regle, erreur.detail, _ENGLISH[erreur.regle], statut=_STATUT.get(erreur.regle, 500)
            ) from None
        enveloppe = soap.open_envelope(lu.root, self._understood)
        mot = mots.get(xml.tag_of(enveloppe.body)) or self._unknown(enveloppe.body, requete.path)
        if not mot.documents and len(requete.body) > xml.MAX_BYTES:
            raise _client(
                "XML_TAILLE", f"le message dépasse {xml.MAX_BYTES} octets", _ENGLISH["XML_TAILLE"], statut=413
            )
        entete = self._entete(enveloppe)
        try:
            demande = mot.read(Bloc(self._valid(enveloppe.body, mot.xsd)))
        except Faute as faute:
            raise _placed(faute, "/Envelope/Body") from None
        service = demande.service if isinstance(demande, EtatServiceDemande) else SERVICE_OF[demande.operation]
        return Appel(
            operation=demande.operation,
            service=service,
            entete=entete,
            demande=demande,
            version=enveloppe.version,
            message_id=enveloppe.message_id,
            chemin=requete.path,
            contexte=Contexte(enveloppe, lu.multipart),
        )

    def write(self, appel: Appel, reponse: Reponse) -> HttpResponse:
        mot = self._par_operation[appel.chemin, appel.operation]
        body = self._ours(mot.write(appel, reponse), mot.xsd)
        return _response(200, appel.version, soap.envelope(appel.version, soap.relates_to(appel.message_id), body))

    def fault(self, version: SoapVersion, faute: Faute, relates_to: str | None = None) -> HttpResponse:
        detail = self._ours(self._grammaire.detail(faute), self._grammaire.entete_xsd)
        return _response(faute.statut, version, soap.fault(version, faute, detail, relates_to))

    def _ours(self, written: str, xsd: str) -> bytes:
        """What was written as text, in UTF-8: read again and held to the contract."""
        octets = written.encode()
        violation = xsd_rules.first_violation(contract.xsd(self._grammaire.package, xsd), xml.parse_own(octets))
        assert violation is None, f"our own answer breaks its XSD: {violation.regle} at {violation.xpath}"
        return octets

    def _entete(self, enveloppe: Envelope) -> Entete:
        blocs = [bloc for bloc in enveloppe.headers if bloc.tag == self._grammaire.entete]
        place = f"/Envelope/Header/{self._grammaire.entete.rpartition('}')[2]}"
        if not blocs:
            raise _client("CHAMP_MANQUANT", "l'en-tête métier manque", "the business header is missing", xpath=place)
        if len(blocs) > 1:
            raise _client("CHAMP_REPETE", "l'en-tête métier est répété", "the business header is repeated", xpath=place)
        bloc = blocs[0]
        if bloc.attrib:
            bloc = soap.without_soap_attributes(bloc, enveloppe.version)
        try:
            return self._grammaire.read_entete(Bloc(self._valid(bloc, self._grammaire.entete_xsd, "/Envelope/Header")))
        except Faute as faute:
            raise _placed(faute, "/Envelope/Header") from None

    def _valid(self, element: etree._Element, xsd: str, prefixe: str = "/Envelope/Body") -> etree._Element:
        """The element as its XSD accepts it: a copy without xsi:type when it has any (SOAP::Lite and Axis add them)."""
        if _XSI in element.nsmap.values() and any(_TYPE in e.attrib for e in element.iter()):
            element = deepcopy(element)
            element.tail = None
            for e in element.iter():
                e.attrib.pop(_TYPE, None)
        violation = xsd_rules.first_violation(contract.xsd(self._grammaire.package, xsd), element, prefixe)
        if violation is not None:
            raise violation.faute()
        return element

    def _unknown(self, body: etree._Element, chemin: str) -> Mot:
        """Raises the Faute of a body element that this path does not take."""
        nom = xml.local_name(body)
        place = f"/Envelope/Body/{nom}"
        if xml.tag_of(body) in self._ailleurs:
            ailleurs = self._ailleurs[xml.tag_of(body)]
            francais, anglais = (
                f"l'opération {nom} se demande au service {ailleurs}",
                f"operation {nom} belongs to service {ailleurs}",
            )
            raise _client("OPERATION_AILLEURS", francais, anglais, xpath=place)
        connus = [element for element in self._par_chemin[chemin] if element.rpartition("}")[2] == nom]
        if connus:
            espace = connus[0][1:].partition("}")[0]
            francais, anglais = (
                f"l'élément {nom} doit être dans l'espace de noms {espace}",
                f"element {nom} must be in namespace {espace}",
            )
            raise _client("ESPACE_DE_NOMS", francais, anglais, xpath=place)
        raise _client(
            "OPERATION_INCONNUE",
            "opération inconnue de ce service",
            "operation unknown to this service",
            xpath="/Envelope/Body/*",
        )


def _placed(faute: Faute, dessus: str) -> Faute:
    """A Faute raised in a copy that stands outside its envelope names its place in the message all the same."""
    if faute.xpath is not None and not faute.xpath.startswith("/Envelope/"):
        faute.xpath = dessus + faute.xpath
    return faute


_STATUT = {"XML_TAILLE": 413}
_ENGLISH = {
    "XML_VIDE": "the request body is empty",
    "XML_TAILLE": "the message is too large",
    "XML_ENCODAGE": "character encoding not accepted: use UTF-8",
    "XML_DTD": "a DOCTYPE declaration is forbidden",
    "XML_MALFORME": "the body is not well-formed XML",
    "XML_PROFONDEUR": f"more than {xml.MAX_DEPTH} nested elements",
    "XML_ELEMENTS": f"more than {xml.MAX_ELEMENTS} elements",
}


def _client(regle: str, francais: str, anglais: str, *, xpath: str | None = None, statut: int = 500) -> Faute:
    return Faute(Cote.CLIENT, "TEC05", regle, francais, anglais, xpath=xpath, statut=statut)


def _response(statut: int, version: SoapVersion, enveloppe: bytes) -> HttpResponse:
    return HttpResponse(statut, (("Content-Type", version.content_type),), enveloppe)
