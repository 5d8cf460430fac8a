"""Options that every command shares."""

from __future__ import annotations

from pathlib import Path

import click

FilePath = click.Path(dir_okay=False, path_type=Path)

with_config = click.option(
    "--config",
    "file",
    type=FilePath,
    default=Path("adapter.toml"),
    envvar="TP_ADAPTER_CONFIG",
    show_default=True,
    help="the configuration file (or TP_ADAPTER_CONFIG)",
)
with_json = click.option("--json", "as_json", is_flag=True, help="print JSON")
