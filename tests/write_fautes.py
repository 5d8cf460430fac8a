"""Write docs/fautes.md, every rule of a typed fault with an answer of the emulator: `python -m tests.write_fautes`."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from tests.contracts.bad_input import Question, changed, questions
from tests.contracts.bad_platform import FAMILLES, Platform
from tierspayant.schemas import platforms, xml
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.security.causes import CAUSES
from tierspayant.schemas.soap import SOAP11, SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "fautes.md"
DATA = tomllib.loads((ROOT / "tests" / "fautes.toml").read_text(encoding="utf-8"))
HEAD = """# The rules of a typed fault

<!-- Written by `python -m tests.write_fautes` from tests/fautes.toml and answers of the emulator: change those. -->

A message that is not taken is answered by a SOAP fault with one typed detail: a code, a rule id, the place in the
message as an XPath in local names, and one sentence in French and in English. It names the field and the form
expected, never a value that was sent. The rule ids below are stable; each example was sent to the emulator, and its
answer is what is shown, HTTP status 500 unless said. What an *insurer* refuses is no fault but an answer:
see [the rules](reference/regles.md). Signatures and accounts are asked under `--auth dialecte` only.
"""
CHOSEN = ("DemanderPriseEnCharge", "ConsulterPriseEnCharge", "Valoriser", "IdentifierBeneficiaire")
"""Operations whose bad messages are shown; the tests put them to every operation."""
SHOWN_TEXT = 160


@dataclasses.dataclass(frozen=True, slots=True)
class Exemple:
    """What was sent, and what came back."""

    envoi: str
    statut: int
    chemin: str
    texte: str


def _read(envoi: str, reponse: HttpResponse) -> tuple[str, Exemple]:
    """(rule, example) of a fault."""
    vus = {xml.local_name(e): e.text or "" for e in etree.fromstring(reponse.body).iter("{*}*")}
    texte = vus.get("texteFrancais") or vus["francais"]
    court = texte if len(texte) <= SHOWN_TEXT else texte[:SHOWN_TEXT].rpartition(" ")[0] + " …"
    return vus["regle"], Exemple(envoi, reponse.status, vus.get("chemin", ""), court)


def _asked(dialecte: str, *noms: str) -> list[Question]:
    return [q for q in questions(dialecte) if q.operation in noms and q.version is SoapVersion.V11]


def _from_the_table() -> Iterator[tuple[str, Exemple]]:
    for dialecte in sorted(platforms.dialects(), reverse=True):
        platform = Platform(dialecte)
        for question in _asked(dialecte, *CHOSEN):
            for cases in FAMILLES.values():
                for cas in cases(question):
                    yield _read(cas.nom, platform.post_to(question, cas.body))


def _from_http() -> Iterator[tuple[str, Exemple]]:
    """Rules that no change of a good message's elements shows."""
    [question] = _asked("viamedis", "DemanderPriseEnCharge")
    platform, body = Platform("viamedis"), question.body

    def ask(
        envoi: str, octets: bytes, media: str = "text/xml", chemin: str = question.chemin, **plus: str
    ) -> HttpResponse:
        headers = (("Content-Type", media), *((nom.replace("_", "-"), valeur) for nom, valeur in plus.items()))
        return platform.post(HttpRequest("POST", chemin, headers, octets))

    empty = f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><autre/></e:Body></e:Envelope>'.encode()
    many = b"<a>" + b"<b/>" * xml.MAX_ELEMENTS + b"</a>"
    nil = changed(question.corps, lambda e: e[0].set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true"))
    for envoi, reponse in (
        ("JSON", ask("", b"{}", "application/json")),
        ("gzip", ask("", body, Content_Encoding="gzip")),
        ("multipart without its root", ask("", body, 'multipart/related; boundary="b"')),
        ("/nulle-part", ask("", body, chemin="/nulle-part")),
        ("encoding ISO-8859-5", ask("", b'<?xml version="1.0" encoding="ISO-8859-5"?><a/>')),
        ("80 001 elements", ask("", many)),
        ("the Body says autre", ask("", empty)),
        (f"{question.operation} at /droits", ask("", body, chemin="/droits")),
        ("xsi:nil", ask("", nil)),
    ):
        yield _read(envoi, reponse)


def _from_the_book() -> Iterator[tuple[str, Exemple]]:
    """Rules about what the platform knows."""
    platform = Platform("viamedis")
    [question] = _asked("viamedis", "DemanderPriseEnCharge")
    platform.post_to(question, question.body)
    other = question.body.replace(b"D-2024-0131<", b"D-2024-0132<")
    yield _read("the same idMessage, another file", platform.post_to(question, other))
    shop = question.body.replace(b">759999014<", b">759999048<")
    yield _read("a shop that no row names", platform.post_to(question, shop))
    [retours] = _asked("viamedis", "ListerRetours")
    depuis = next(e for e in retours.corps.element if xml.local_name(e) == "depuis")
    wrong = changed(retours.corps, lambda e: setattr(e[0], "text", "inconnu"))
    assert depuis is retours.corps.element[0]
    yield _read("depuis says inconnu", platform.post_to(retours, wrong))


def exemples() -> dict[str, Exemple]:
    """The first answer that shows each rule."""
    found: dict[str, Exemple] = {}
    for source in (_from_http(), _from_the_book(), _from_the_table()):
        for regle, exemple in source:
            found.setdefault(regle, exemple)
    return found


def rules() -> dict[str, str]:
    """Every rule id that this page explains, with its meaning."""
    return {regle: sens for titre in DATA["titres"] for regle, sens in DATA.get(titre, {}).items()}


def page() -> str:
    shown = exemples()
    parts = [HEAD]
    for cle, titre in DATA["titres"].items():
        if cle in DATA:
            lignes = "".join(_row(regle, sens, shown.get(regle)) for regle, sens in DATA[cle].items())
            parts.append(f"## {titre}\n\n| rule | meaning | sent | place | answer |\n|---|---|---|---|---|\n{lignes}")
        else:
            causes = {regle: cause for regle, cause in CAUSES.items() if regle.startswith(f"{cle}_")}
            lignes = "".join(f"| `{r}` | {c.anglais} | {c.francais} | {c.code} |\n" for r, c in causes.items())
            parts.append(f"## {titre}\n\n| rule | meaning | answer | code |\n|---|---|---|---|\n{lignes}")
    comptes = ", ".join(f"`COMPTE_{raison.upper()}`" for raison in RaisonCompte)
    parts.append(f"The effect `compte` of the control API gives {comptes}, with code TEC04 or TEC06.\n")
    return "\n".join(parts)


def _row(regle: str, sens: str, exemple: Exemple | None) -> str:
    ailleurs = DATA["exemples"].get(regle, "")
    if exemple is None:
        return f"| `{regle}` | {sens} | {ailleurs} | | |\n"
    statut = "" if exemple.statut == 500 else f" (HTTP {exemple.statut})"
    chemin = f"`{exemple.chemin}`" if exemple.chemin else ""
    envoi = exemple.envoi + (f"; {ailleurs}" if ailleurs else "")
    cells = (f"`{regle}`", sens, envoi, chemin, exemple.texte + statut)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
