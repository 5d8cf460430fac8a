"""Adding to adapter.toml without losing what a person wrote there: tables are appended or replaced as text.

Comments and order stay. The file is written to a temporary name and renamed, keeps its mode, and is read back through
the checks of config.py before it takes the place of the old one.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from tierspayant.adapter.config import ConfigInvalide, charger

Valeur: TypeAlias = str | int | bool


def table(nom: str, valeurs: Mapping[str, Valeur]) -> str:
    """One TOML table as text. JSON's strings, integers and booleans are TOML's too."""
    lignes = [f"{cle} = {json.dumps(valeur, ensure_ascii=False)}" for cle, valeur in valeurs.items()]
    return "\n".join([f"[{nom}]", *lignes]) + "\n"


def with_table(texte: str, nom: str, valeurs: Mapping[str, Valeur]) -> str:
    """The text with that table in place of the one of the same name, or at its end."""
    neuve = table(nom, valeurs)
    ancienne = re.compile(rf"^\[{re.escape(nom)}\][^\n]*\n(?:(?!\[)[^\n]*\n)*", re.MULTILINE)
    if ancienne.search(texte):
        return ancienne.sub(lambda _trouve: neuve + "\n", texte, count=1)
    return texte.rstrip("\n") + "\n\n" + neuve


def write_file(chemin: Path, texte: str, mode: int = 0o600) -> None:
    """Whole or not at all: temporary file in the same folder, flushed to disk, renamed."""
    descripteur, provisoire = tempfile.mkstemp(dir=chemin.parent, prefix=f".{chemin.name}.")
    try:
        with os.fdopen(descripteur, "w", encoding="utf-8") as fichier:
            fichier.write(texte)
            fichier.flush()
            os.fsync(fichier.fileno())
        Path(provisoire).chmod(mode)
        Path(provisoire).replace(chemin)
        _sync_folder(chemin.parent)
    except BaseException:
        Path(provisoire).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """A rename survives a power cut once its folder is on disk; Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def edit(fichier: Path, tables: Mapping[str, Mapping[str, Valeur]]) -> None:
    """Put the tables into the configuration. Raises ConfigInvalide, and changes nothing, if it would not be valid."""
    texte = fichier.read_text(encoding="utf-8")
    for nom, valeurs in tables.items():
        texte = with_table(texte, nom, valeurs)
    essai = fichier.with_name(f".{fichier.name}.essai")
    write_file(essai, texte)
    try:
        charger(essai)
    except ConfigInvalide as erreur:
        raise ConfigInvalide([ligne.replace(str(essai), str(fichier)) for ligne in erreur.lignes]) from None
    finally:
        essai.unlink(missing_ok=True)
    write_file(fichier, texte, fichier.stat().st_mode & 0o777)
