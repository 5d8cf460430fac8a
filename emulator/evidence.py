"""Questions to the journal: lists, one exchange whole, and whether something happened so many times.

Lists carry no message: what was said is shown by `whole` only, on purpose (the people are invented, but a client under
test may have been pointed here with real ones). A matcher's XPath is read on the request without its namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tierspayant.emulator.clock import shown
from tierspayant.emulator.journal import Exchange, Journal
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.toml_data import Plain
from tierspayant.schemas import plain, platforms, xml
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.wire import HttpRequest

SECRET_HEADERS = frozenset({"authorization", "cookie", "x-api-key"})
MAX_WAIT = 60.0
"""Real seconds `verify` may wait."""


class Matcher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an exchange must be like. `depuis`: only those after this number; `xpath`: true, or finds something."""

    plateforme: str | None = None
    service: str | None = None
    operation: str | None = None
    magasin: str | None = None
    verdict: str | None = None
    regle: str | None = None
    code: str | None = None
    effet: str | None = None
    statut: int | None = None
    chemin: str | None = None
    depuis: Annotated[int, Meta(ge=0)] = 0
    xpath: str | None = None

    def differs(self, one: Exchange) -> list[str]:
        """The fields that do not match, in words; empty when all match."""
        wrong = []
        for nom in ("plateforme", "service", "operation", "magasin", "verdict", "regle", "statut", "chemin"):
            wanted, found = getattr(self, nom), getattr(one, nom)
            if wanted is not None and wanted != found:
                wrong.append(f"{nom} is {found}, not {wanted}")
        for nom, values in (("code", one.codes), ("effet", one.effets)):
            wanted = getattr(self, nom)
            if wanted is not None and wanted not in values:
                wrong.append(f"{nom} is {', '.join(values) or 'none'}, not {wanted}")
        if not wrong and self.xpath is not None and not _holds(self.xpath, one.demande):
            wrong.append("xpath finds nothing in the request")
        return wrong


class Verification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many exchanges must match. Neither bound given: at least one."""

    matcher: Matcher
    au_moins: Annotated[int, Meta(ge=0)] | None = None
    au_plus: Annotated[int, Meta(ge=0)] | None = None
    attendre_s: Annotated[float, Meta(ge=0, le=MAX_WAIT)] = 0.0

    @property
    def least(self) -> int:
        return (1 if self.au_plus is None else 0) if self.au_moins is None else self.au_moins


def verify(journal: Journal, asked: Verification) -> Plain:
    """Whether the bounds hold now, how many matched, and when they do not hold, what came nearest and why not."""
    matched, nearest = 0, None
    for numero, one in journal.after(asked.matcher.depuis):
        wrong = asked.matcher.differs(one)
        if not wrong:
            matched += 1
        elif nearest is None or len(wrong) <= len(nearest[2]):
            nearest = (numero, one, wrong)
    enough = matched >= asked.least
    ok = enough and (asked.au_plus is None or matched <= asked.au_plus)
    answer: Plain = {"ok": ok, "nombre": matched}
    if not enough and nearest is not None:
        answer["proche"] = summary(nearest[0], nearest[1])
        answer["pourquoi"] = nearest[2]
    elif not ok:
        answer["pourquoi"] = [f"{matched} matched, which is {'too few' if not enough else 'too many'}"]
    return answer


def listed(journal: Journal, matcher: Matcher, limit: int) -> Plain:
    """A page of the journal, without messages. `suivant` goes back in as `depuis`."""
    rows: list[Plain] = []
    last: int | None = None
    for numero, one in journal.after(matcher.depuis):
        if matcher.differs(one):
            continue
        if len(rows) == limit:
            return {"elements": rows, "suivant": last}
        rows.append(summary(numero, one))
        last = numero
    return {"elements": rows, "suivant": None}


def summary(numero: int, one: Exchange) -> Plain:
    """An exchange without what was said."""
    return {
        "numero": numero,
        "virtuel": shown(one.virtuel),
        "plateforme": one.plateforme,
        "chemin": one.chemin,
        "service": one.service,
        "operation": one.operation,
        "magasin": one.magasin,
        "verdict": one.verdict,
        "regle": one.regle,
        "codes": one.codes,
        "effets": one.effets,
        "statut": one.statut,
        "octets": [len(one.demande), len(one.reponse)],
    }


def whole(numero: int, one: Exchange, plateforme: PlatformData) -> Plain:
    """An exchange with its exact bytes (as text; base64 when they are none) and what the request means."""
    return summary(numero, one) | {
        "demande": {"entetes": _kept(one.demande_entetes), **_bytes(one.demande)},
        "reponse": {"entetes": one.reponse_entetes, **_bytes(one.reponse)} if one.statut else None,
        "sens": meaning(one, plateforme),
    }


def meaning(one: Exchange, plateforme: PlatformData) -> Plain | None:
    """The request as plain values, read from its bytes again; None when it has no meaning."""
    try:
        appel = platforms.server(plateforme.dialecte).read(
            HttpRequest("POST", one.chemin, one.demande_entetes, one.demande)
        )
    except Faute:
        return None
    return {"entete": plain.to_plain(appel.entete), "demande": plain.to_plain(appel.demande)}


def export(journal: Journal) -> Iterator[bytes]:
    """The journal as JSON lines that are the same for the same run: no real time, port or Security header."""
    for numero, one in journal.after(0):
        demande = _unsigned(one.demande)
        row = summary(numero, one) | {"octets": [len(demande), len(one.reponse)]}
        row |= {"demande": _bytes(demande), "reponse": _bytes(one.reponse)}
        yield plain.to_json(row) + b"\n"


def _unsigned(octets: bytes) -> bytes:
    """A message without its Security header (a nonce is never twice the same)."""
    if b"Security" not in octets:
        return octets
    try:
        root = xml.parse(octets)
    except xml.XmlInvalide:
        return octets
    for block in list(root.iter("{*}Security")):
        parent = block.getparent()
        if parent is not None:
            parent.remove(block)
    return xml.serialise(root)


def _kept(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(name, "…" if name.lower() in SECRET_HEADERS else value) for name, value in headers]


def _bytes(octets: bytes) -> Plain:
    try:
        return {"texte": octets.decode()}
    except UnicodeDecodeError:
        return {"base64": msgspec.to_builtins(octets)}


def _holds(xpath: str, octets: bytes) -> bool:
    try:
        root = xml.parse(octets)
    except xml.XmlInvalide:
        return False
    for element in root.iter():
        element.tag = xml.local_name(element)
    found: Any = root.getroottree().xpath(xpath)
    return bool(found)
