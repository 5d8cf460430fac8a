"""One way for a command to be answered: by the daemon through its admin socket, or from the database when none runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tierspayant.adapter.cli_output import fail


def reach(fichier: Path, methode: str, chemin: str, corps: object = None, **requete: str | int | None) -> Any:
    """The document of the answer. Leaves the program with one sentence when there is none."""
    from tierspayant.adapter import config, daemon_client

    try:
        configuration = config.charger(fichier)
    except config.ConfigInvalide as erreur:
        fail(*erreur.lignes)
    try:
        return daemon_client.ask(configuration.prise_admin, methode, chemin, corps, **requete).document
    except daemon_client.DemonAbsent:
        from tierspayant.adapter.assembly import DemarrageRefuse, local_call

        try:
            return local_call(configuration, methode, daemon_client.url(chemin, requete), corps)
        except DemarrageRefuse as erreur:
            fail(*erreur.lignes)
        except daemon_client.Refuse as erreur:
            fail(str(erreur))
    except daemon_client.Refuse as erreur:
        fail(str(erreur))
