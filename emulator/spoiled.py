"""Answers that are not what the contract promises: bare HTTP ones, and good ones spoilt in one precise way."""

from __future__ import annotations

import re

from tierspayant.emulator.effect_kinds import Corps, DefautReponse, Http
from tierspayant.emulator.pages import page
from tierspayant.schemas.wire import Headers, HttpResponse

_ENDS = 12
"""Bytes taken from the end of a truncated answer: its closing tags."""


def bare(effect: Http) -> HttpResponse:
    """An HTTP answer with no SOAP in it: a maintenance page, a proxy's error, a redirect."""
    headers: Headers = ()
    if effect.retry_after is not None:
        headers += (("Retry-After", str(effect.retry_after)),)
    if effect.emplacement is not None:
        headers += (("Location", effect.emplacement),)
    match effect.corps:
        case Corps.HTML:
            return page(effect.statut, "Service momentanément indisponible", ["Merci de réessayer plus tard."], headers)
        case Corps.TEXTE:
            return HttpResponse(effect.statut, (("Content-Type", "text/plain"), *headers), b"upstream error\n")
        case Corps.JSON:
            return HttpResponse(effect.statut, (("Content-Type", "application/json"), *headers), b'{"error":"busy"}')
        case Corps.VIDE:
            return HttpResponse(effect.statut, headers, b"")


def spoil(response: HttpResponse, defaut: DefautReponse) -> HttpResponse:
    """The answer with one defect; its status and media type stay."""
    body = response.body
    match defaut:
        case DefautReponse.MALFORMEE:
            body = body.replace(b"</", b"<", 1)
        case DefautReponse.TRONQUEE:
            body = body[: len(body) // 2 - _ENDS]
        case DefautReponse.ENCODAGE:
            # declared UTF-8 and written in Latin-1, in a text node of its own if the answer has no accent
            text = body.decode().replace("</", "<!--é--></", 1)
            body = text.encode("iso-8859-1", "replace")
        case DefautReponse.ESPACE_DE_NOMS:
            body = re.sub(rb'(xmlns(?::\w+)?="urn:)', rb"\1autre:", body)
        case DefautReponse.HORS_SCHEMA:
            body = _in_last_element(body, b"<imprevu>1</imprevu>")
        case DefautReponse.AUTRE_MESSAGE:
            body = _other_message(body)
        case DefautReponse.ETAT_INCONNU:
            body = _unknown_state(body)
    return HttpResponse(response.status, response.headers, body)


def _in_last_element(body: bytes, added: bytes) -> bytes:
    """`added` inside the Body's element, after its other children."""
    head, tail = re.split(rb"(?=</[^<>]+></(?:\w+:)?Body>)", body, maxsplit=1)
    return head + added + tail


def _unknown_state(body: bytes) -> bytes:
    """Every state is one nobody knows; in an answer without any, every code of a reason."""
    spoilt = re.sub(rb"(<(?:\w+:)?etat\w*>)[^<]+", rb"\1ETAT_JAMAIS_VU", body)
    return spoilt if spoilt != body else re.sub(rb"(<(?:\w+:)?code\w*>)[^<]+", rb"\1XXX99", body)


def _other_message(body: bytes) -> bytes:
    """The answer names another message than the one it answers: its business id, and RelatesTo if it has one."""
    body = re.sub(rb"(<(?:\w+:)?idMessage>)[^<]+", rb"\1autre-message", body)
    return re.sub(rb"(<(?:\w+:)?RelatesTo(?: [^>]*)?>)[^<]+", rb"\1urn:uuid:autre-message", body)
