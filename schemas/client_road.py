"""The client's road (zeep), for every dialect: Demande to the exact POST, an HTTP reply to an Outcome.

zeep enforces no facet, so what goes out and what comes in is also validated with the XSD. A dialect gives a
`Grammaire`: its files, its header, one `Tour` per logical operation, and how to read its typed fault. Deciding what a
reply comes to is here, once, since it must not differ between platforms (delivery.md):

- 503 and 429 are NotNow (with Retry-After), 401 and 403 are NotYou, whatever the body;
- our typed fault decides by its code; a fault on the server's side that we do not know is AnswerUnknown, and so is any
  other 5xx without a SOAP fault (a gateway may have lost the answer); an unknown fault on our side is a Refus;
- anything else that is not a valid answer to *this* message is Unreadable.

A fault about the account has the rule COMPTE_<raison> (COMPTE_VERROUILLE ...), the values of RaisonCompte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from zeep.exceptions import Error as ZeepError

from tierspayant.schemas import contract, soap, xml, xsd_rules
from tierspayant.schemas.codes import CODE_INCONNU
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.http_body import document
from tierspayant.schemas.messages import (
    Demande,
    Entete,
    Motif,
    Reponse,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import (
    AnswerUnknown,
    NatureRefus,
    NotNow,
    NotYou,
    Outcome,
    RaisonCompte,
    Refus,
    Unreadable,
)
from tierspayant.schemas.reply_triage import (
    WSS_CODES,
    Detail,
    by_code,
    fault_code,
    fault_detail,
    outcome_of,
    retry_after,
)
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse
from tierspayant.schemas.xml import local_name
from tierspayant.schemas.zeep_road import Road

__all__ = ["ClientRoad", "Detail", "Grammaire", "Tour"]

MAX_REPLY = xml.MAX_BYTES_PIECES
"""A reply that carries letters or a thousand returns."""


@dataclass(frozen=True, slots=True)
class Tour:
    """One operation as the dialect says it: its wire name, service path, WSDL and XSD, and both translations.

    build: the keyword arguments zeep takes for the body (may raise Faute CLIENT for what cannot be said);
    read: zeep's parsed reply to a Reponse (ValueError, LookupError when it makes no sense).
    """

    nom: str
    chemin: str
    wsdl: str
    xsd: str
    build: Callable[[Any], dict[str, Any]]
    read: Callable[[Any], Reponse]


def _by_operation(demande: Demande) -> Tour | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammaire:
    """A dialect for the client's road.

    entete: local name of the header part zeep takes, declared in `entete_xsd`; build_entete makes its fields;
    detail: the typed fault from a fault's detail child, or None when it is not the dialect's;
    tour_of: another Tour than its operation's for this question, or None (a state asked on several paths);
    id_message: which message an answer's body element says it answers, or None; adressage: send wsa:MessageID too.
    """

    package: str
    version: SoapVersion
    tours: Mapping[Operation, Tour]
    entete: str
    entete_xsd: str
    build_entete: Callable[[Entete], dict[str, Any]]
    detail: Callable[[etree._Element], Detail | None]
    id_message: Callable[[etree._Element], str | None]
    adressage: bool = False
    tour_of: Callable[[Demande], Tour | None] = _by_operation


class ClientRoad:
    """platforms.DialectClient for a Grammaire. Loads every WSDL when made."""

    def __init__(self, grammaire: Grammaire) -> None:
        self._grammaire = grammaire
        fichiers = sorted({tour.wsdl for tour in grammaire.tours.values()})
        self._roads = {nom: Road(grammaire.package, nom, grammaire.version) for nom in fichiers}

    # ------------------------------------------------------------------------------------------------ encoding

    def encode(self, entete: Entete, demande: Demande) -> HttpRequest:
        tour = self._tour(demande)
        road = self._roads[tour.wsdl]
        try:
            blocs = {self._grammaire.entete: self._grammaire.build_entete(entete)}
            root = road.message(tour.nom, tour.build(demande), blocs)
        except ZeepError as erreur:
            regle = "CHAMP_REPETE" if "maxOccurs" in str(erreur) else "CHAMP_MANQUANT"
            raise _unsayable(regle, "/".join(getattr(erreur, "path", None) or [tour.nom])) from None
        except ValueError:
            raise _unsayable("VALEUR_CARACTERES", tour.nom) from None
        self._check(root, tour)
        if self._grammaire.adressage:
            _add_message_id(root, entete.id_message)
        return HttpRequest("POST", tour.chemin, self._headers(road.action(tour.nom)), xml.serialise(root))

    def _tour(self, demande: Demande) -> Tour:
        tour = self._grammaire.tour_of(demande) or self._grammaire.tours.get(demande.operation)
        if tour is None:
            raise _unsayable("OPERATION_INCONNUE", demande.operation.value)
        return tour

    def _headers(self, action: str) -> tuple[tuple[str, str], ...]:
        version = self._grammaire.version
        if version is SoapVersion.V11:
            return (("Content-Type", version.content_type), ("SOAPAction", f'"{action}"'))
        return (("Content-Type", f'{version.content_type}; action="{action}"'),)

    def _check(self, root: etree._Element, tour: Tour) -> None:
        """Our own message against the XSD. Raises Faute CLIENT naming the field."""
        for element, xsd in ((root[0][0], self._grammaire.entete_xsd), (root[-1][0], tour.xsd)):
            violation = xsd_rules.first_violation(contract.xsd(self._grammaire.package, xsd), element)
            if violation is not None:
                raise violation.faute()

    # ------------------------------------------------------------------------------------------------ decoding

    def decode(self, operation: Operation, id_message: str, reponse: HttpResponse) -> Outcome:
        try:
            return self._by_status(reponse) or self._by_body(
                self._grammaire.tours[operation], operation, id_message, reponse
            )
        except Exception as erreur:  # an outside answer may break anything: whatever it broke, it cannot be read
            return Unreadable(f"réponse illisible ({type(erreur).__name__})")

    def _by_status(self, reponse: HttpResponse) -> Outcome | None:
        if reponse.status in (429, 503):
            return NotNow(f"HTTP {reponse.status}", retry_after(reponse))
        if reponse.status in (401, 403):
            return NotYou(RaisonCompte.REFUSE, f"HTTP {reponse.status}")
        return None

    def _by_body(self, tour: Tour, operation: Operation, id_message: str, reponse: HttpResponse) -> Outcome:
        try:
            root = document(reponse.headers, reponse.body, MAX_REPLY).root
            enveloppe = soap.open_envelope(root, frozenset())
        except (Faute, xml.XmlInvalide) as erreur:
            if reponse.status >= 500:
                return AnswerUnknown(f"HTTP {reponse.status} sans réponse SOAP")
            return Unreadable(f"HTTP {reponse.status}, pas une réponse SOAP ({erreur.regle})")
        if _answers_another(enveloppe, id_message):
            return Unreadable("réponse à un autre message")
        if enveloppe.body.tag == f"{{{enveloppe.version.namespace}}}Fault":
            return self._fault(enveloppe.body, reponse)
        if reponse.status != 200:
            return (
                AnswerUnknown(f"HTTP {reponse.status}")
                if reponse.status >= 500
                else Unreadable(f"HTTP {reponse.status}")
            )
        return self._answer(tour, operation, id_message, enveloppe.body)

    def _answer(self, tour: Tour, operation: Operation, id_message: str, body: etree._Element) -> Outcome:
        violation = xsd_rules.first_violation(contract.xsd(self._grammaire.package, tour.xsd), body)
        if violation is not None:
            return Unreadable(f"réponse hors contrat : {violation.regle} en {violation.xpath}")
        if local_name(body) != f"{tour.nom}Response":
            return Unreadable("réponse à une autre opération")
        if self._grammaire.id_message(body) not in (None, id_message):
            return Unreadable("réponse à un autre message")
        lu = tour.read(self._roads[tour.wsdl].answer(tour.nom, body))
        return outcome_of(operation, lu)

    def _fault(self, body: etree._Element, reponse: HttpResponse) -> Outcome:
        code, texte = fault_code(body)
        detail = next((lu for e in fault_detail(body) if (lu := self._grammaire.detail(e)) is not None), None)
        if detail is not None and detail.code != CODE_INCONNU:
            return by_code(detail, retry_after(reponse))
        if code in WSS_CODES:
            return NotYou(RaisonCompte.REFUSE, f"faute {code}")
        if code in ("Server", "Receiver"):
            return AnswerUnknown("faute SOAP du serveur, sans détail connu")
        motif = (
            detail.motif
            if detail
            else Motif(code=CODE_INCONNU, code_plateforme=code or "Fault", libelle=texte or "Faute SOAP")
        )
        return Refus(NatureRefus.DEFINITIF, (motif,))


def _unsayable(regle: str, champ: str) -> Faute:
    return Faute(
        Cote.CLIENT,
        "TEC05",
        regle,
        f"le champ « {champ} » ne peut pas être dit à cette plateforme",
        f"field '{champ}' cannot be said to this platform",
    )


def _add_message_id(root: etree._Element, id_message: str) -> None:
    bloc = etree.SubElement(root[0], f"{{{soap.WSA}}}MessageID", nsmap={"wsa": soap.WSA})
    bloc.text = id_message


def _answers_another(enveloppe: soap.Envelope, id_message: str) -> bool:
    liens = [(bloc.text or "").strip() for bloc in enveloppe.headers if bloc.tag == f"{{{soap.WSA}}}RelatesTo"]
    return any(lien != id_message for lien in liens)
