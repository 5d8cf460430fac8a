"""`tp-adapter`: commands parse, call one function, print. What is heavy is imported inside the command that needs it.

Exit codes: 0 done, 1 refused or failed (one sentence on stderr), 2 usage.
"""

from __future__ import annotations

from pathlib import Path

import click

from tierspayant.adapter import cli_accounts, cli_annuaire, cli_config, cli_export, cli_queue, cli_state
from tierspayant.adapter.cli_options import FilePath, with_config


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Keep a shop's requests and deliver each exactly once to its tiers payant platforms."""


@main.command()
@with_config
@click.option("--ready-file", type=FilePath, help="written once the API answers: pid and address, as JSON")
@click.option("--clock", metavar="URL", help="follow an emulator session's clock (development and tests)")
@click.option("--host", help="address of the shop API, instead of [api] hote")
@click.option("--port", type=click.IntRange(0, 65_535), help="port of the shop API, instead of [api] port")
def serve(file: Path, ready_file: Path | None, clock: str | None, host: str | None, port: int | None) -> None:
    """Run the daemon until SIGTERM."""
    from tierspayant.adapter import config
    from tierspayant.adapter.assembly import StartRefused
    from tierspayant.adapter.cli_output import fail
    from tierspayant.adapter.service import run

    api = {key: value for key, value in (("hote", host), ("port", port)) if value is not None}
    try:
        configuration = config.load(file, {"api": api} if api else {})
    except config.ConfigInvalid as error:
        fail(*error.lines)
    from twisted.internet import reactor  # noqa: TID251 - the one place that names it

    try:
        run(reactor, configuration, ready_file=ready_file, clock=clock)
    except StartRefused as error:
        fail(*error.lines)


cli_config.register(main)
cli_state.register(main)
cli_queue.register(main)
cli_accounts.register(main)
cli_annuaire.register(main)
cli_export.register(main)
