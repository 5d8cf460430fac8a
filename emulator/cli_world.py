"""tp-emulator people, magasins, annuaire, ledger: the invented world on paper, and a running session's money."""

from __future__ import annotations

import datetime as dt
import json
import sys
import urllib.error
import urllib.request
from typing import Any

import click

TIMEOUT = 10.0
"""Seconds a running emulator may take to answer a command."""


def fail(sentence: str) -> None:
    """One clear sentence on stderr, exit 1."""
    click.echo(f"tp-emulator: {sentence}", err=True)
    sys.exit(1)


def printed(value: object) -> None:
    """A value as JSON for people and programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


DAY = click.option("--day", "day", default=None, help="Day the session starts, AAAA-MM-JJ (default: today).")


def _day(written: str | None) -> dt.date:
    from tierspayant.emulator.dates import business_day

    if written is None:
        return business_day(dt.datetime.now(dt.UTC))
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise click.BadParameter("write AAAA-MM-JJ", param_hint="--day") from None


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def people(ctx: click.Context, as_json: bool) -> None:
    """The invented insured people and what each one is for."""
    if ctx.invoked_subcommand is not None:
        return
    from tierspayant.emulator.people import load

    rows = [{"carte": one.carte, "amc": one.amc, "explication": one.explication} for one in load()]
    if as_json:
        printed(rows)
    else:
        width = max(len(row["carte"]) for row in rows)
        for row in rows:
            click.echo(f"{row['carte']:{width}}  {row['amc']}  {row['explication']}")


@people.command()
@click.argument("name")
@click.option("--json", "form", flag_value="json", default=True, help="Bodies for the shop API (default).")
@click.option("--soap", "form", flag_value="soap", help="The message itself, in the platform's dialect.")
@click.option("--curl", "form", flag_value="curl", help="A command that posts the message.")
@click.option("--url", default=None, help="Base URL of the platform, for --curl.")
@DAY
def show(name: str, form: str, url: str | None, day: str | None) -> None:
    """One person: what to post, and what to expect."""
    from tierspayant.emulator import card_steps
    from tierspayant.emulator import people as registry

    row = next((one for one in registry.load() if one.carte == name), None)
    if row is None:
        fail(f"there is no {name}; tp-emulator people lists them")
        return
    start = _day(day)
    person = registry.settle(row, start)
    if form == "json":
        printed(card_steps.describe(person, start))
        return
    path, headers, body = _message(person, start)
    if form == "soap":
        click.echo(body)
        return
    lines = [f"curl -s -X POST '{url or 'http://127.0.0.1:<port>'}{path}'"]
    lines += [f"  -H '{name}: {value}'" for name, value in headers]
    click.echo(" \\\n".join([*lines, "  --data-binary @- <<'XML'"]) + f"\n{body}\nXML")


def _message(person: Any, start: dt.date) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """Path, headers and text of the card's question in its platform's dialect."""
    from tierspayant.emulator import card_steps, insurers, platforms_data
    from tierspayant.emulator.dates import PARIS
    from tierspayant.schemas import platforms
    from tierspayant.schemas.identity import Finess
    from tierspayant.schemas.messages import Entete

    cas = person.cas or card_steps.NOMINAL
    operation = cas.operation if cas.operation in ("droits", "devis") else "pec"
    home = next(one.plateforme for one in insurers.load() if one.code == person.amc)
    dialecte = platforms_data.load()[cas.plateforme or home].dialecte
    entete = Entete(
        id_message=f"carte-{person.carte}"[:36].lower().replace("_", "-"),
        magasin=Finess("759999014"),
        emis_le=dt.datetime.combine(start, dt.time(10), PARIS),
    )
    request = platforms.client(dialecte).encode(entete, card_steps.question(person, start, operation))
    return request.path, request.headers, request.body.decode()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def magasins(as_json: bool) -> None:
    """The ready-made shops and their logins."""
    from tierspayant.emulator.world import World
    from tierspayant.schemas.plain import to_plain

    rows = [to_plain(one) for one in World(dt.date(2024, 1, 31)).magasins.values()]
    if as_json:
        printed(rows)
        return
    for row in rows:
        accounts = ", ".join(f"{nom}: {row['finess']} / {secret}" for nom, secret in row["comptes"].items())
        click.echo(f"{row['finess']}  {row['nom']}  ({accounts})")


@click.command()
@click.option("--toml", "as_toml", is_flag=True, help="As annuaire.toml (the default and only form for now).")
def annuaire(as_toml: bool) -> None:
    """The payer directory of the invented insurers, for the adapter."""
    from tierspayant.emulator.insurers import load

    click.echo("# The payer directory of the emulator's invented insurers.\n")
    for one in load():
        fields: dict[str, object] = {
            "numero_amc": one.numero_amc.clair,
            "type_convention": one.type_convention,
            "csr": one.csr,
            "du": one.du,
            "au": one.au,
            "plateforme": one.plateforme,
            "organisme": one.organisme,
            "libelle": one.libelle,
        }
        click.echo("[[entree]]")
        for key, value in fields.items():
            if value is not None:
                click.echo(f"{key} = {value if isinstance(value, dt.date) else json.dumps(value, ensure_ascii=False)}")
        click.echo()


@click.group(invoke_without_command=True)
@click.argument("url_or_check")
@click.argument("url", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--session", default="default", show_default=True)
@click.option("--token", default=None, help="The control port's token.")
def ledger(url_or_check: str, url: str | None, as_json: bool, session: str, token: str | None) -> None:
    """The ledger of a running emulator: `ledger URL`, or `ledger check URL` (URL: its control base)."""
    check = url_or_check == "check"
    base = url if check else url_or_check
    if base is None or (url is not None and not check):
        raise click.UsageError("write: tp-emulator ledger URL, or tp-emulator ledger check URL")
    found = _get(f"{base.rstrip('/')}/_control/v1/sessions/{session}/ledger{'/check' if check else ''}", token)
    if as_json:
        printed(found)
    elif check:
        for row in found["ecarts"]:
            click.echo(f"{row['plateforme']}: {row['regle']} {row['ou']}: {row['detail']}")
        click.echo("the ledger adds up" if found["ok"] else f"{len(found['ecarts'])} things do not add up")
    else:
        _show_ledger(found)
    if check and not found["ok"]:
        sys.exit(1)


def _show_ledger(found: dict[str, list[dict[str, Any]]]) -> None:
    from tierspayant.schemas.money import en_euros

    for row in found["pec"]:
        click.echo(f"pec      {row['plateforme']:9} {row['numero']:18} {row.get('etat', '')}")
    for row in found["factures"]:
        amount = en_euros(row["montant_amc_centimes"])
        click.echo(f"facture  {row['plateforme']:9} {row['numero']:18} {row['etat']:12} {amount:>14} {row['recue_le']}")
    for row in found["paiements"]:
        click.echo(f"paiement {row['plateforme']:9} {json.dumps(row, ensure_ascii=False)}")


def _get(url: str, token: str | None) -> Any:
    if not url.startswith(("http://", "https://")):
        fail("the URL is the emulator's control base, for example http://127.0.0.1:8470")
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        detail = json.loads(refused.read() or b"{}").get("detail", refused.reason)
        fail(f"the emulator refuses: {detail}")
    except (OSError, ValueError):
        fail(f"no emulator answers at {url}")
    return None
