"""Write adapter/openapi.yaml from adapter/openapi_source.py: `python -m tests.write_openapi`."""

from __future__ import annotations

from pathlib import Path

import yaml

from tierspayant.adapter.openapi_source import document

FICHIER = Path(__file__).resolve().parents[1] / "adapter" / "openapi.yaml"
ENTETE = "# Written by `python -m tests.write_openapi` from adapter/openapi_source.py: change that one.\n"


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def text() -> str:
    return ENTETE + yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    FICHIER.write_text(text(), encoding="utf-8")
