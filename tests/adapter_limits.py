"""The adapter's limits as rows: what, how much (from the code itself), the setting, what happens there, why so much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tierspayant.adapter import body_json, config, exchange, field_rules, http_limits, line_rules, policy
from tierspayant.adapter.availability import FENETRE_MAX
from tierspayant.adapter.config_tables import Api, Livraison, Plateforme
from tierspayant.adapter.gestures import NUMERO_MAX
from tierspayant.adapter.shop_api_appels import NAMED_MAX
from tierspayant.adapter.shop_calls import PAGE_MAX, WAIT_MAX
from tierspayant.schemas import xml

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting by its place, and its default."""

    table: type[config.Table]
    prefix: str
    name: str

    def row(self, what: str, unit: str, then: str, why: str) -> Row:
        default = self.table.model_fields[self.name].get_default()
        return what, amount(default, unit), f"`{self.prefix}.{self.name}`", then, why


def amount(value: float | dt.timedelta, unit: str) -> str:
    """'2 MiB', '5 days', '300'."""
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
            if seconds % size == 0 and seconds >= 2 * size:
                return f"{seconds // size} {name}"
        return f"{seconds} seconds"
    if unit == "bytes":
        mebi, kibi = value / 2**20, value / 2**10
        return f"{mebi:g} MiB" if mebi >= 1 else f"{kibi:g} KiB"
    return f"{value:,.0f} {unit}".strip()


def fixed(what: str, value: float | dt.timedelta, unit: str, then: str, why: str) -> Row:
    return what, amount(value, unit), "", then, why


def queue() -> list[Row]:
    held = "held for a person"
    return [
        Setting(Livraison, "livraison", "file_max").row(
            "requests that wait, of all shops",
            "",
            "503 `file_pleine`; those accepted are kept",
            "three weeks of some 300 shops; beyond it the disk would decide",
        ),
        Setting(Livraison, "livraison", "tentatives_max").row(
            "sends of one request", "", f"{held}: `tentatives_epuisees`", "a shut platform costs none of them"
        ),
        fixed("age of a rights check", policy.DUREE_DROITS, "", "`perimee`", "it answers a customer who stands there"),
        fixed("age of a quote", policy.DUREE_DEVIS, "", "`perimee`", "it is for a customer of that day"),
        Setting(Livraison, "livraison", "delai_confirmation").row(
            "age of a PEC nobody confirmed",
            "",
            f"{held}: `confirmer_client`",
            "granted for a customer who left, it blocks him elsewhere",
        ),
        ("age of an invoice", "none", "", "sent whenever the platform is back", "the glasses are delivered"),
        fixed(
            "requests of one platform and service on their way at once",
            FENETRE_MAX,
            "",
            "the others wait their turn",
            "a queue of 1,000 drains in about two minutes at a second per answer",
        ),
        Setting(Plateforme, "plateformes.<name>", "cadence_max").row(
            "calls to one platform",
            "a minute",
            "the others wait",
            "a reopening is not a flood; of all daemons together",
        ),
        Setting(Plateforme, "plateformes.<name>", "taille_lot").row(
            "invoices in one lot", "", "the others go in the next lot", "a lot refused whole is not a whole day's work"
        ),
        Setting(Livraison, "livraison", "delai_appel").row(
            "one call to a platform", "", "its answer counts as unknown: the platform is asked first", "longer is stuck"
        ),
        fixed(
            "a platform's answer",
            exchange.MAX_REPLY,
            "bytes",
            "its answer counts as unknown",
            f"beside {xml.MAX_DEPTH} levels and {xml.MAX_ELEMENTS:,} elements of XML",
        ),
    ]


def received() -> list[Row]:
    too_large = "413 `corps_trop_grand`"
    return [
        Setting(Api, "api", "corps_max").row("a body", "bytes", too_large, "a PEC with twenty lines has 6 kB"),
        Setting(Api, "api", "corps_max_pieces").row(
            "a body with documents", "bytes", too_large, "15 MB of files, a third more in base64"
        ),
        fixed("request line and headers", http_limits.HEADERS_MAX, "bytes", "431 `entetes_trop_grands`", "ample"),
        Setting(Api, "api", "delai_reception").row(
            "receiving a whole request", "", "408 `delai_reception`", "the shop's software is close by"
        ),
        Setting(Api, "api", "connexions_max").row(
            "open connections", "", "hung up on at once", "one daemon serves some hundred tills"
        ),
        fixed("`Prefer: wait`", WAIT_MAX, "seconds", "cut to that", "proxies cut idle calls at a minute"),
        fixed("one page of a list", PAGE_MAX, "elements", "400 `parametre_invalide`", "pages follow by cursor"),
        fixed(
            "faults told at once", body_json.FAULTS_MAX, "", "the first are told", "more repeat one misunderstanding"
        ),
        fixed("lines of an equipment", line_rules.LIGNES_MAX, "", "422 `LIGNES_TROP`", "ten is usual"),
        fixed("documents of a sending", field_rules.PIECES_MAX, "", "422 `PIECES_NOMBRE`", "send twice"),
        fixed("one document", field_rules.PIECE_OCTETS_MAX, "bytes", "422 `PIECE_TAILLE`", "a scan has 0.2 to 2 MB"),
        fixed("requests named in one gesture", NAMED_MAX, "", "422 `NOMBRE_MAX`", "choose by platform or day instead"),
        fixed("a number keyed on the portal", NUMERO_MAX, "characters", "409", "the longest known have 15"),
        Setting(Livraison, "livraison", "droits_par_heure").row(
            "rights checks of one shop",
            "an hour",
            "429 `trop_de_demandes`, with Retry-After",
            "stolen accounts were used to read 33 million people's data; our own re-checks do not count",
        ),
        Setting(Livraison, "livraison", "droits_par_dossier").row(
            "rights checks of one file", "an hour", "the same", "a family with two cards each, mistyped"
        ),
    ]


def page() -> str:
    lines = [
        "# Limits of the adapter",
        "",
        "Every queue, body, age and rate has one. At a limit there is a clear refusal, and nothing already accepted is",
        "lost. Those with a setting may be changed in `adapter.toml`; the figures are ours.",
    ]
    for title, rows in (("What waits and what is sent", queue()), ("What shops send", received())):
        lines += ["", f"## {title}", "", "| what | at most | setting | at the limit | why |", "|---|---|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
