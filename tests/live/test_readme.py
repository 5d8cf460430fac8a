"""The README's five minutes, run as they stand: only addresses and folders are replaced by free ones."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PORTS = ("8470", "8471", "8472", "8480")
PATIENCE_S = 20.0
BEGIN, END = "## Five minutes", "## Where to go next"


def tour(folder: Path) -> str:
    """The shell lines of the tour with free ports and this folder in place of the README's."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    lines = lines.replace("make setup && . .venv/bin/activate\n", "")
    lines = lines.replace("/tmp/", f"{folder}/")
    free = dict(zip(PORTS, map(str, _free_ports(len(PORTS))), strict=True))
    for port, other in free.items():
        lines = lines.replace(f":{port}", f":{other}")
    options = f"--control-port {free['8470']} --viamedis-port {free['8471']} --almerys-port {free['8472']}"
    lines = lines.replace("tp-emulator serve", f"tp-emulator serve {options}")
    return lines.replace(
        "tp-adapter serve", f"tp-adapter serve --port {free['8480']} --ready-file {folder}/adapter.json"
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def waiting(lines: str, folder: Path) -> str:
    """The same with the pauses a person makes: each daemon is given the time to say that it is ready."""
    ready = "for i in $(seq 200); do [ -e {file} ] && break; sleep 0.1; done\n"
    out = []
    for line in lines.splitlines(keepends=True):
        out.append(line)
        if line.rstrip().endswith("&"):
            name = "emulateur.json" if "tp-emulator" in line else "adapter.json"
            out.append(ready.format(file=folder / name))
    return "".join(out)


def test_the_five_minutes_bill_one_invoice_once(tmp_path: Path) -> None:
    script = "set -eu\n" + waiting(tour(tmp_path), tmp_path)
    settled = "for i in $(seq 100); do tp-emulator ledger {base} | grep -q 240200131 && break; sleep 0.1; done\n"
    base = re.search(r"tp-emulator ledger (\S+)", script)
    assert base is not None
    script = script.replace(base.group(0), settled.format(base=base.group(1)) + base.group(0))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (tmp_path / "out.txt").open("wb") as out, (tmp_path / "err.txt").open("wb") as err:
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            status = process.wait(120)
        finally:
            _end_group(process.pid)
    said, complained = (tmp_path / "out.txt").read_text(), (tmp_path / "err.txt").read_text()
    assert status == 0, complained
    assert '"resultat": "ouverts"' in said
    assert '"amc_centimes": 17991' in said
    assert "est fermée depuis" in said
    assert [line.split()[1:3] for line in said.splitlines() if "240200131  " in line] == [["viamedis", "240200131"]]


def _end_group(group: int) -> None:
    """End both daemons, which the script left in the background, and wait until they are gone."""
    try:
        os.killpg(group, signal.SIGTERM)
    except ProcessLookupError:
        return
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
