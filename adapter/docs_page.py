"""The documentation page at /v1/docs: how to call, then the whole contract as served at /v1/openapi.yaml.

Plain HTML without a script, so that it opens anywhere and offline.
"""

from __future__ import annotations

import html
import re

_MODELE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tp-adapter: shop API</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}
pre{{background:#f4f4f6;padding:1rem;overflow:auto;font-size:13px}}td{{padding:.2rem .8rem .2rem 0;vertical-align:top}}
code{{font-family:ui-monospace,monospace}}</style>
<h1>tp-adapter: shop API</h1>
<p>JSON over HTTP with the key of your shop: <code>Authorization: Bearer tpa_…</code>. Money is in centimes, dates are
<code>AAAA-MM-JJ</code> (Europe/Paris). A POST is recorded on disk before it is answered; the same
<code>reference</code> with the same body is the same request. <code>Prefer: wait=5</code> waits for the platform's
answer: 200 with the outcome, else 202 with <code>conseil</code>, what to tell the customer.</p>
<table>{lignes}</table>
<p>The contract, for your generator: <a href="openapi.yaml">openapi.yaml</a></p>
<pre>{yaml}</pre></html>
"""

_OPERATION = re.compile(
    r"^  (/\S+):\n|^    (get|post):\n(?:      (?!summary)[^\n]*\n)*?      summary: ([^\n]+)", re.MULTILINE
)


def page_html(yaml: str) -> str:
    """The page for that OpenAPI text."""
    chemin, lignes = "", []
    for trouve in _OPERATION.finditer(yaml):
        if trouve.group(1):
            chemin = trouve.group(1)
        else:
            cellules = (
                f"<code>{trouve.group(2).upper()} {html.escape(chemin)}</code>",
                html.escape(trouve.group(3).strip("'")),
            )
            lignes.append("<tr>" + "".join(f"<td>{cellule}</td>" for cellule in cellules) + "</tr>")
    return _MODELE.format(lignes="\n".join(lignes), yaml=html.escape(yaml))
