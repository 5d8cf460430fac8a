"""What a dialect offers, and how one is found.

A *dialect* is a way of speaking (operations, client, server): a folder of `schemas/` found through the entry point
group `tierspayant.dialectes`. A *platform* is a row of data: a name, a dialect, traits, an address. No code outside a
dialect's folder knows a platform or dialect by name.

The two sides are loaded separately, on first use: `client` imports zeep (slow and heavy), `server` only lxml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol

from tierspayant.schemas.faults import Faute
from tierspayant.schemas.messages import Demande, Entete, Reponse
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.outcomes import Outcome
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

DIALECT_GROUP = "tierspayant.dialectes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """How a platform behaves where platforms differ (world.md). Each is a setting of a platform; these are defaults.

    dedoublonnage: writes are recognised by idMessage, and an invoice by its number; off, every double is recorded.
    doublon_pec: a PEC request sent again while the first is pending makes a second one, whatever its idMessage.
    """

    dedoublonnage: bool
    doublon_pec: bool
    recherche_par_reference: bool
    un_equipement_par_demande: bool
    lots: bool
    organisme_choisi: bool
    version_soap: SoapVersion
    delai_max_traitement: timedelta = timedelta(minutes=2)
    delai_min_facturation: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Appel:
    """One message the server road read and found valid: what is asked, by whom, and how to answer it.

    `chemin` is the service path it came to; `contexte` is the dialect's own (parsed envelope, multipart or not, ...).
    """

    operation: Operation
    service: Service
    entete: Entete
    demande: Demande
    version: SoapVersion
    message_id: str | None
    chemin: str
    contexte: object = None


class DialectClient(Protocol):
    """The adapter's road (zeep). Both directions are validated against the XSD. Pure: no network, no clock."""

    def encode(self, entete: Entete, demande: Demande) -> HttpRequest:
        """The exact request to POST, without Security header. The same arguments give the same bytes for ever.

        Raises Faute (side CLIENT) naming the field when the value cannot be said in this dialect.
        """
        ...

    def decode(self, operation: Operation, id_message: str, reponse: HttpResponse) -> Outcome:
        """What the reply comes to: Answer, Refus, NotNow, NotYou or Unreadable. Never raises."""
        ...


class DialectServer(Protocol):
    """The emulator's road (lxml). Both directions are validated against the XSD. Pure: no network, no clock."""

    @property
    def chemins(self) -> Mapping[str, frozenset[Operation]]:
        """Service paths ('/droits') and the operations each takes."""
        ...

    def description(self, chemin: str, version: SoapVersion, base: str) -> bytes:
        """The WSDL of a path for one SOAP version, its addresses written for `base` (scheme://host[/s/session])."""
        ...

    def schema(self, chemin: str, nom: str) -> bytes | None:
        """An XSD the WSDL of that path imports by relative URL, or None."""
        ...

    def read(self, requete: HttpRequest) -> Appel:
        """Read and validate a POST. Raises Faute; `soap_version(requete)` still tells how to answer it."""
        ...

    def write(self, appel: Appel, reponse: Reponse) -> HttpResponse:
        """The answer in the request's SOAP version. Raises AssertionError if it breaks our own XSD."""
        ...

    def fault(self, version: SoapVersion, faute: Faute, relates_to: str | None = None) -> HttpResponse:
        """The typed SOAP fault."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """`names`: the wire name of each operation it has ('ConsulterDroits'); an operation absent there does not exist."""

    nom: str
    traits: Traits
    names: Mapping[Operation, str]
    load_client: Callable[[], DialectClient]
    load_server: Callable[[], DialectServer]


@cache
def dialects() -> Mapping[str, Dialect]:
    """Every installed dialect by name."""
    return {point.name: point.load() for point in entry_points(group=DIALECT_GROUP)}


@cache
def client(dialecte: str) -> DialectClient:
    return dialects()[dialecte].load_client()


@cache
def server(dialecte: str) -> DialectServer:
    return dialects()[dialecte].load_server()
