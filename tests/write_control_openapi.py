"""Write emulator/control_openapi.yaml from emulator/control_openapi.py: `python -m tests.write_control_openapi`."""

from __future__ import annotations

from pathlib import Path

import yaml

from tierspayant.emulator.control_openapi import document

FICHIER = Path(__file__).resolve().parents[1] / "emulator" / "control_openapi.yaml"
ENTETE = "# Written by `python -m tests.write_control_openapi` from emulator/control_openapi.py: change that one.\n"


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def text() -> str:
    return ENTETE + yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    FICHIER.write_text(text(), encoding="utf-8")
