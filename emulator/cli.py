"""tp-emulator: commands that parse, call one function and print. What is heavy is imported inside a command."""

from __future__ import annotations

import datetime as dt
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from tierspayant.emulator import cli_effects, cli_tape, cli_world
from tierspayant.emulator.config import CONTROL_PORT, MAX_SEED, PLATFORM_PORTS, Config, ConfigurationRefusee

F = TypeVar("F", bound=Callable[..., Any])
PORT = click.IntRange(0, 65535)
SEED = click.IntRange(-MAX_SEED, MAX_SEED)


def fail(sentence: str) -> NoReturn:
    """One clear sentence on stderr, exit 1."""
    click.echo(f"tp-emulator: {sentence}", err=True)
    sys.exit(1)


class Commands(click.Group):
    """A data file that is wrong (one an installed package brought) is told in one sentence, whatever the command."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ValueError as wrong:
            from tierspayant.emulator.toml_data import DonneeInvalide

            if isinstance(wrong, DonneeInvalide):
                fail(str(wrong))
            raise


_SETTINGS = {"auto_envvar_prefix": "TP_EMULATOR", "help_option_names": ["-h", "--help"]}


@click.group(cls=Commands, context_settings=_SETTINGS)
def main() -> None:
    """An emulated third-party-payment platform that can be told to misbehave."""


for _command in (
    cli_effects.effects,
    cli_tape.tape,
    cli_world.people,
    cli_world.magasins,
    cli_world.annuaire,
    cli_world.ledger,
):
    main.add_command(_command)


class Instant(click.ParamType[dt.datetime]):
    """An ISO 8601 instant with its offset."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        try:
            instant = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail("not an ISO 8601 instant, for example 2024-01-31T10:00:00+01:00", param, ctx)
        if instant.tzinfo is None:
            self.fail("write the offset too, for example 2024-01-31T10:00:00+01:00", param, ctx)
        return instant


class NamedPort(click.ParamType[tuple[str, int]]):
    """NAME=N."""

    name = "NAME=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        nom, sign, number = str(value).partition("=")
        if not (nom and sign and number.isdigit() and int(number) <= 65535):
            self.fail("write NAME=N, a platform of plateformes.toml and its port", param, ctx)
        return nom, int(number)


def _platform_ports(command: F) -> F:
    """One --NAME-port option per platform served by default."""
    for nom, port in reversed(list(PLATFORM_PORTS.items())):
        option = click.option(f"--{nom}-port", type=PORT, default=port, show_default=True, help="0: any free port.")
        command = option(command)
    return command


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--control-port", type=PORT, default=CONTROL_PORT, show_default=True, help="0: any free port.")
@_platform_ports
@click.option("--port", "ports", type=NamedPort(), multiple=True, help="A further platform, or another port for one.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Seed of all chance.")
@click.option("--now", type=Instant(), default=None, help="Where the virtual clock starts (default: real time).")
@click.option("--tape", default=None, help="A tape by name, or its file: the session default lives it.")
@click.option("--auth", type=click.Choice(["none", "dialecte"]), default="none", show_default=True, help="Who speaks.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Keep journal and books there across restarts; what is kept wins over --now and --tape.",
)
@click.option("--tls", is_flag=True, help="TLS on the platforms' ports, under a test authority (see the ready file).")
@click.option("--token", default=None, help="Ask for this bearer token on the control port.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Written when ready.")
def serve(ports: tuple[tuple[str, int], ...], **given: Any) -> None:
    """Serve the platforms until SIGTERM or Ctrl-C."""
    of_platforms = {nom: given.pop(f"{nom}_port") for nom in PLATFORM_PORTS} | dict(ports)
    run(Config(ports=of_platforms, **given))


COLLECT_AFTER = 10_000
"""Objects made and not dropped before garbage is looked for. An exchange keeps some thirty for ever, none in a circle:
looking each 700, as Python does by itself, is a twentieth of its cost."""


def run(config: Config) -> None:
    """Serve until told to stop; exit 1 with a sentence when it cannot start."""
    gc.disable()  # nothing of what a start makes is garbage: looking for it costs a tenth of the start
    from twisted.internet import reactor as installed  # noqa: TID251 - the one place of the emulator that takes it
    from twisted.internet.defer import Deferred
    from twisted.logger import globalLogBeginner, textFileLogObserver

    from tierspayant.emulator.clock import HorsBornes
    from tierspayant.emulator.service import Emulator

    reactor: Any = installed
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    try:
        emulator = Emulator(reactor, config)
        emulator.start()
    except (ConfigurationRefusee, HorsBornes, OSError) as refused:
        fail(str(refused))
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    gc.enable()
    for nom, base in emulator.bases().items():
        click.echo(f"{nom}: {base}")
    click.echo(f"control: {emulator.ready()['control']}")
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(emulator.stop()))
    reactor.run()


if __name__ == "__main__":
    main()
