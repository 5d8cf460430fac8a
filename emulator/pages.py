"""Small pages in plain words: what a person or a lost client sees when a request is not a message for us."""

from __future__ import annotations

import html
from collections.abc import Iterable

from tierspayant.schemas.wire import Headers, HttpResponse

HTML = "text/html; charset=utf-8"
_LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}}
code{{background:#eee;padding:0 .2em}}</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


def page(status: int, title: str, paragraphs: Iterable[str], headers: Headers = ()) -> HttpResponse:
    """A page; `title` is text, the paragraphs are HTML."""
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs)
    text = _LAYOUT.format(title=html.escape(title), body=body)
    return HttpResponse(status, (("Content-Type", HTML), *headers), text.encode())


def links(addresses: Iterable[tuple[str, str]]) -> str:
    """A list of links: (address, label)."""
    rows = (f'<li><a href="{html.escape(url)}"><code>{html.escape(label)}</code></a></li>' for url, label in addresses)
    return f"<ul>{''.join(rows)}</ul>"


def code(text: str) -> str:
    """A piece of text as code."""
    return f"<code>{html.escape(text)}</code>"


def bad_request(reason: str) -> HttpResponse:
    return page(400, "This request cannot be read", [html.escape(reason)])


def not_found(reason: str, known: Iterable[str]) -> HttpResponse:
    known = list(known)
    there = f"There are: {', '.join(code(one) for one in known)}." if known else "There is nothing here."
    return page(404, "Nothing at this address", [html.escape(reason), there])


def method_not_allowed(allowed: str) -> HttpResponse:
    sentence = f"This address takes {html.escape(allowed)} only."
    return page(405, "Not this method", [sentence], (("Allow", allowed),))


def too_large(limit: int) -> HttpResponse:
    return page(413, "The message is too large", [f"This address takes at most {limit} bytes."])


def unsupported(reason: str) -> HttpResponse:
    return page(415, "Not in this form", [html.escape(reason)])


def broken() -> HttpResponse:
    """Our own fault: the log has the rest."""
    return page(500, "The emulator failed", ["This is a defect of the emulator, not an effect: see its log."])
