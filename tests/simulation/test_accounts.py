"""Accounts: a wrong secret stops one shop after one log-in, sessions open by themselves or wait for a person's code."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.simulation import people
from tests.simulation.world import DEMO_SHOP, START, Monde, Reglages
from tierspayant.adapter import config, gestures
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.identity import Identite
from tierspayant.adapter.intake import Nouvelle
from tierspayant.adapter.log_ins import LogIns
from tierspayant.adapter.platform_sessions import Jetons
from tierspayant.emulator.access import Access
from tierspayant.emulator.accounts import MAX_FAILURES, Account
from tierspayant.emulator.identity import Exigence
from tierspayant.schemas.operations import Service
from tierspayant.schemas.outcomes import RaisonCompte

OTHER_SHOP = "759999022"
SHOPS = {"demo": DEMO_SHOP, "deux": OTHER_SHOP}
HOUR, DAY = 3600.0, 86400.0
Mode = Literal["aucune", "usernametoken", "x509"]


class Village:
    """Two shops with accounts of their own on one platform; what they show is made by the daemon's own code."""

    def __init__(self, folder: Path, plateforme: str, mode: Mode = "usernametoken", session: str = "aucune") -> None:
        self.plateforme = plateforme
        self.folder = folder
        self._configuration = self._configured(mode)
        chance = count(1)
        identite = Identite(lambda: self._configuration, self._now, lambda n: next(chance).to_bytes(n))
        self.jetons = Jetons(identite, folder / "sessions.json")
        self.monde = Monde(
            Reglages(
                plateformes=(plateforme,),
                access=Access("dialecte"),
                identite=mode,
                session=session,
                sign=identite.sign,
                jetons=self.jetons,
            )
        )
        asked = self.monde.session.identity
        asked.exigences[plateforme] = Exigence(
            authentification=mode,
            session=session != "aucune",
            fraicheur="virtuelle",
            second_facteur="courriel" if session == "code" else "totp",
        )
        for nom, finess in SHOPS.items():
            issued = asked.authority.issue_shop((finess,))
            (folder / f"{nom}.certificat").write_bytes(issued.certificat)
            (folder / f"{nom}.cle").write_bytes(issued.cle)
            (folder / f"{nom}.totp").write_text(self.account(finess).totp)
            self.learn(nom, self.account(finess).secret)

    def _now(self) -> dt.datetime:
        return self.monde.now()

    def _configured(self, mode: Mode) -> config.Configuration:
        comptes = {
            nom: config.Compte(
                utilisateur=finess,
                secret_fichier=Path(f"{nom}.secret"),
                certificat_fichier=Path(f"{nom}.certificat"),
                cle_fichier=Path(f"{nom}.cle"),
                totp_fichier=Path(f"{nom}.totp"),
            )
            for nom, finess in SHOPS.items()
        }
        reglages = config.Settings(
            plateformes={
                self.plateforme: config.Plateforme(dialecte=self.plateforme, url="http://p.invalid", identite=mode)
            },
            magasins={
                nom: config.Magasin(finess=finess, comptes={self.plateforme: comptes[nom]})
                for nom, finess in SHOPS.items()
            },
        )
        return config.Configuration(self.folder / "adapter.toml", reglages)

    def learn(self, nom: str, secret: str) -> None:
        (self.folder / f"{nom}.secret").write_text(secret + "\n")

    def account(self, finess: str) -> Account:
        found = self.monde.session.identity.accounts.get(self.plateforme, finess)
        assert found is not None
        return found

    def post(self, shop: str, *dossiers: str) -> None:
        for dossier in dossiers:
            self.monde.post(self.of(shop, people.pec(self.plateforme, dossier)))
            self.monde.post(self.of(shop, people.facture(dossier, f"24{abs(hash_of(dossier)):07d}")))

    def of(self, shop: str, nouvelle: Nouvelle) -> Nouvelle:
        return replace(nouvelle, magasin=shop)

    def states(self, shop: str) -> set[str]:
        return {str(entry.resultat or entry.etat) for entry in self.monde.entries() if entry.magasin == shop}

    def alarms(self) -> list[str]:
        found = self.monde.read(lambda t: [e for e in t.evenements(DEMO_SHOP, 0, 100) if e.type == "compte"])
        return [str(one.donnees["raison"]) for one in found if one.donnees["raison"] is not None]

    def reopen(self) -> None:
        monde = self.monde
        assert monde.read(lambda t: gestures.reopen_account(t, self.plateforme, DEMO_SHOP, monde.now()))
        monde.delivery.wake([(self.plateforme, service) for service in Service])


def hash_of(dossier: str) -> int:
    return int.from_bytes(dossier.encode()[-3:]) % 10_000_000


MANY = tuple(f"D-{rank:02d}" for rank in range(12))
every = pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])


@every
@pytest.mark.parametrize("mode", ["usernametoken", "x509"])
def test_files_go_through_with_an_identity(tmp_path: Path, plateforme: str, mode: Mode) -> None:
    village = Village(tmp_path, plateforme, mode)
    village.post(DEMO_SHOP, "D-1", "D-2")
    village.monde.run(6 * HOUR)
    assert village.states(DEMO_SHOP) <= {"accordee", "facturee", "acceptee", "acquittee"}
    assert "acceptee" in village.states(DEMO_SHOP)


@every
def test_a_wrong_secret_costs_one_log_in_and_one_alarm_and_the_other_shop_goes_on(
    tmp_path: Path, plateforme: str
) -> None:
    village = Village(tmp_path, plateforme)
    village.learn("demo", "ancien")
    village.post(DEMO_SHOP, *MANY)
    village.post(OTHER_SHOP, "E-1", "E-2")
    village.monde.run(2 * DAY)
    assert village.account(DEMO_SHOP).echecs == 1, "one log-in, whatever waits"
    assert village.states(DEMO_SHOP) == {"en_file"}
    assert village.alarms() == ["refuse"]
    assert "acceptee" in village.states(OTHER_SHOP)
    village.learn("demo", village.account(DEMO_SHOP).secret)
    village.reopen()
    village.monde.run(6 * HOUR)
    assert "acceptee" in village.states(DEMO_SHOP)
    assert "en_file" not in village.states(DEMO_SHOP)


@every
def test_control_without_turns_the_queue_locks_the_account(
    tmp_path: Path, plateforme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_: LogIns, *rest: Any) -> Any:
        return await rest[-1]()

    monkeypatch.setattr(LogIns, "through", at_once)
    village = Village(tmp_path, plateforme)
    village.learn("demo", "ancien")
    village.post(DEMO_SHOP, *MANY)
    village.monde.run(HOUR)
    assert village.account(DEMO_SHOP).etat is RaisonCompte.VERROUILLE
    assert village.account(DEMO_SHOP).echecs >= MAX_FAILURES


@every
def test_a_locked_account_holds_its_shop_alone(tmp_path: Path, plateforme: str) -> None:
    village = Village(tmp_path, plateforme)
    village.account(DEMO_SHOP).etat = RaisonCompte.VERROUILLE
    village.post(DEMO_SHOP, *MANY)
    village.post(OTHER_SHOP, "E-1")
    village.monde.run(DAY)
    assert village.alarms() == ["verrouille"]
    assert village.states(DEMO_SHOP) == {"en_file"}
    assert "acceptee" in village.states(OTHER_SHOP)
    assert sum(entry.tentatives for entry in village.monde.entries(Etat.EN_FILE)) <= 8, "what had its turn at once"


@every
def test_an_account_that_cannot_be_shown_is_held_without_a_call(tmp_path: Path, plateforme: str) -> None:
    village = Village(tmp_path, plateforme)
    (tmp_path / "demo.secret").unlink()
    village.post(DEMO_SHOP, "D-1")
    village.monde.run(HOUR)
    assert village.alarms() == ["refuse"]
    assert village.account(DEMO_SHOP).echecs == 0


@every
def test_a_totp_session_is_opened_again_each_day_without_anybody(tmp_path: Path, plateforme: str) -> None:
    village = Village(tmp_path, plateforme, session="totp")
    for day in range(3):
        village.post(DEMO_SHOP, *(f"J{day}-{rank}" for rank in range(6)))
        village.monde.run(DAY)
    assert village.alarms() == []
    assert len(village.monde.entries(Etat.TERMINEE)) == len(village.monde.entries()) == 36


@every
def test_a_code_that_only_a_person_can_type_holds_the_shop_until_it_is_given(tmp_path: Path, plateforme: str) -> None:
    village = Village(tmp_path, plateforme, session="code")
    village.post(DEMO_SHOP, *MANY)
    village.monde.run(5 * 60)
    assert village.alarms() == ["code"]
    sent = village.account(DEMO_SHOP).code
    assert sent is not None
    assert sent.envoye_le < START + dt.timedelta(seconds=5), "one code was sent, not one for each request"
    village.jetons.give_code((plateforme, DEMO_SHOP), sent.code)
    village.reopen()
    village.monde.run(4 * HOUR)
    assert "acceptee" in village.states(DEMO_SHOP)
    village.monde.run(5 * HOUR)
    village.post(DEMO_SHOP, "F-1")
    village.monde.run(60)
    assert village.alarms() == ["code", "code"], "a working day later another code is asked"
    assert village.account(DEMO_SHOP).echecs == 0, "the old one was not shown again"
    again = Jetons(village.jetons.identite, tmp_path / "sessions.json")
    again.load()
    assert again._jetons == village.jetons._jetons
    assert (tmp_path / "sessions.json").stat().st_mode & 0o777 == 0o600
