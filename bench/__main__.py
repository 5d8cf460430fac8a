"""Run every benchmark, print one table, keep the figures in bench/results.json."""

from __future__ import annotations

import json
from pathlib import Path

from bench import adapter_codec, adapter_storage, emulator_exchange, emulator_process, emulator_scale, simulation
from bench.row import Row, table

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    rows: list[Row] = []
    for measured in (emulator_process, emulator_exchange, emulator_scale, adapter_codec, adapter_storage, simulation):
        rows += measured.rows()
    print(table(rows))
    RESULTS.write_text(json.dumps([row.plain() for row in rows], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
