"""A ready file that cannot be written is told in one sentence, by both programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
FREE = ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0"]


def refused(*command: str) -> str:
    ended = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr.strip().splitlines()[-1]


def test_the_emulator_says_that_it_cannot_write_its_ready_file(tmp_path: Path) -> None:
    assert str(tmp_path) in refused("tp-emulator", "serve", *FREE, "--ready-file", str(tmp_path / "no" / "ready.json"))


def test_the_adapter_says_that_it_cannot_write_its_ready_file(tmp_path: Path) -> None:
    subprocess.run([BIN / "tp-adapter", "init", tmp_path / "shop"], capture_output=True, timeout=60, check=True)
    config = str(tmp_path / "shop" / "adapter.toml")
    ready = tmp_path / "no" / "ready.json"
    sentence = refused("tp-adapter", "serve", "--port", "0", "--config", config, "--ready-file", str(ready))
    assert sentence.endswith("the ready file cannot be written (No such file or directory)")
