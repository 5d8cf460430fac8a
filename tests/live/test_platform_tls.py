"""TLS between the adapter's own agents and a real emulator: whom each side trusts, and what a refusal lets it do."""

from __future__ import annotations

import datetime as dt
import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.test_emulator_serve import NOW, start
from tests.reactor import reactor, reactor_test
from tierspayant.adapter import config, platform_agents, platform_rows
from tierspayant.adapter.exchange import post
from tierspayant.schemas import platforms
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import Entete, RetoursDemande
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, AnswerUnknown, NotSent, NotYou, RaisonCompte
from tierspayant.schemas.wire import HttpResponse

pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL .* objects is deprecated:DeprecationWarning")
"""Twisted's own way of giving a key and a certificate to OpenSSL."""

SHOP, OTHER = "759999014", "759999022"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    process, ready = start(tmp_path_factory.mktemp("tls"), "--tls", "--auth", "dialecte")
    control(ready, "PUT", "identite", {"almerys": {"authentification": "certificat"}})
    yield ready
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stderr is not None
    process.stderr.close()


def control(ready: dict[str, Any], method: str, path: str, body: object) -> Any:
    url = f"{ready['control']}/_control/v1/sessions/default/{path}"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), method=method)) as answer:
        return json.loads(answer.read())


async def asked(ready: dict[str, Any], folder: Path, magasin: str = SHOP, **reglages: str) -> Any:
    """What one question to the almerys-style platform comes to, with these settings of the platform."""
    lines = ["[plateformes.almerys]", 'dialecte = "almerys"', f'url = "{ready["plateformes"]["almerys"]}"']
    lines += [f'{nom} = "{valeur}"' for nom, valeur in reglages.items()]
    (folder / "adapter.toml").write_text("\n".join(lines))
    configuration = config.load(folder / "adapter.toml")
    plateforme = platform_rows.rows(configuration)["almerys"]
    client = platforms.client("almerys")
    entete = Entete(id_message="m-1", magasin=Finess(magasin), emis_le=dt.datetime.fromisoformat(NOW))
    agent = platform_agents.agents(reactor, configuration)(plateforme)
    answer = await post(
        agent, reactor, plateforme.base, client.encode(entete, RetoursDemande()), dt.timedelta(seconds=5)
    )
    return client.decode(Operation.RETOURS, "m-1", answer) if isinstance(answer, HttpResponse) else answer


def certificate(ready: dict[str, Any], folder: Path) -> dict[str, str]:
    """The settings of a platform whose authority we trust and to whom we show a certificate of the demo shop."""
    made = control(ready, "POST", "certificats", {"magasins": [SHOP]})
    for nom, file_name in (("certificat", "tls.pem"), ("cle", "tls.key"), ("ca", "ca.pem")):
        (folder / file_name).write_text(made[nom])
    return {"ca_fichier": "ca.pem", "certificat_fichier": "tls.pem", "cle_fichier": "tls.key"}


@reactor_test()
async def test_a_shown_certificate_speaks_for_its_shop(ready: dict[str, Any], tmp_path: Path) -> None:
    assert isinstance(await asked(ready, tmp_path, **certificate(ready, tmp_path)), Answer)


@reactor_test()
async def test_a_shown_certificate_speaks_for_no_other_shop(ready: dict[str, Any], tmp_path: Path) -> None:
    outcome = await asked(ready, tmp_path, OTHER, **certificate(ready, tmp_path))
    assert outcome == NotYou(RaisonCompte.REFUSE, "TEC04 AUTH_MAGASIN")


@reactor_test()
async def test_no_certificate_is_an_account_refused(ready: dict[str, Any], tmp_path: Path) -> None:
    certificate(ready, tmp_path)
    outcome = await asked(ready, tmp_path, ca_fichier="ca.pem")
    assert outcome == NotYou(RaisonCompte.CERTIFICAT, "TEC04 AUTH_CERTIFICAT_ABSENT")


@reactor_test()
async def test_a_platform_that_nobody_vouches_for_gets_nothing(ready: dict[str, Any], tmp_path: Path) -> None:
    assert isinstance(await asked(ready, tmp_path), NotSent)


@pytest.mark.parametrize("defaut", ["expire", "mauvais_hote", "ca_inconnue"])
@reactor_test()
async def test_a_bad_certificate_of_the_platform_is_refused_before_anything_leaves(
    ready: dict[str, Any], tmp_path: Path, defaut: str
) -> None:
    settings = certificate(ready, tmp_path)
    effect = {"plateforme": "almerys", "effet": "tls", "parametres": {"defaut": defaut}}
    control(ready, "PUT", "effects", [effect])
    try:
        assert isinstance(await asked(ready, tmp_path, **settings), NotSent)
    finally:
        control(ready, "PUT", "effects", [])
    assert isinstance(await asked(ready, tmp_path, **settings), Answer)


@reactor_test()
async def test_control_a_cut_after_the_handshake_stays_in_doubt(ready: dict[str, Any], tmp_path: Path) -> None:
    settings = certificate(ready, tmp_path)
    effect = {"plateforme": "almerys", "effet": "coupure", "parametres": {"point": "apres_lecture"}}
    control(ready, "PUT", "effects", [effect])
    try:
        assert isinstance(await asked(ready, tmp_path, **settings), AnswerUnknown)
    finally:
        control(ready, "PUT", "effects", [])


def test_a_key_of_another_certificate_is_refused_at_start(ready: dict[str, Any], tmp_path: Path) -> None:
    settings = certificate(ready, tmp_path)
    (tmp_path / "tls.key").write_text(control(ready, "POST", "certificats", {"magasins": [SHOP]})["cle"])
    lines = ["[plateformes.almerys]", 'dialecte = "almerys"', 'url = "https://p.invalid"']
    (tmp_path / "adapter.toml").write_text("\n".join([*lines, *(f'{k} = "{v}"' for k, v in settings.items())]))
    with pytest.raises(config.ConfigInvalid, match="certificat_fichier"):
        platform_agents.agents(reactor, config.load(tmp_path / "adapter.toml"))
