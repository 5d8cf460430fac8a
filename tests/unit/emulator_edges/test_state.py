"""`serve --state`: what is written for a call, when it is forced to the disk, and what a start finds again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from twisted.logger import capturedLogs

from tests.unit.emulator_edges.bench import Bench, sample
from tierspayant.emulator.certificates import END, Authority
from tierspayant.emulator.control import ControlPort
from tierspayant.emulator.journal import Journal, MemoryJournal
from tierspayant.emulator.state import AT_ONCE, AUTHORITY, FILE, SOON, Keeper, authority_in
from tierspayant.emulator.state_file import EtatIllisible, StateFile
from tierspayant.schemas.plain import to_json

NOW = dt.datetime(2024, 1, 31, tzinfo=dt.UTC)
LOGIN = sample("almerys", "OuvrirSession")


class Watched(StateFile):
    """The file, and what was written to it: names with whether it was forced, one list for each writing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writings: list[tuple[bool, list[str]]] = []

    @contextmanager
    def writing(self, *, forced: bool) -> Iterator[None]:
        self.writings.append((forced, []))
        with super().writing(forced=forced):
            yield

    def put(self, nom: str, journal: int, etat: bytes) -> None:
        self.writings[-1][1].append(nom)
        super().put(nom, journal, etat)

    def put_snapshot(self, session: str, nom: str, etat: bytes) -> None:
        self.writings[-1][1].append(f"{session}/{nom}")
        super().put_snapshot(session, nom, etat)


class Kept(Bench):
    """An emulator with a state directory. `journals`: what outlives it, as the journal's file does."""

    def __init__(self, folder: Path, journals: dict[str, Journal] | None = None) -> None:
        self.journals = {} if journals is None else journals
        super().__init__(journal=lambda nom: self.journals.setdefault(nom, MemoryJournal(nom)))
        self.file = Watched(folder / FILE)
        keeper = Keeper(self.file, self.sessions, self.reactor, lasts=lambda: 0.0)
        keeper.restore()
        self.sessions.on_change, self.sessions.on_listed = keeper.changed, keeper.listed
        bases = {"viamedis": "http://v", "almerys": "http://a"}
        self.control_port = ControlPort(self.sessions, lambda: bases, changed=keeper.steered)
        self.keeper = keeper

    def killed(self, folder: Path) -> Kept:
        """The next one on the same directory; this one writes no more."""
        self.file.close()
        return Kept(folder, self.journals)

    def since(self) -> list[tuple[bool, list[str]]]:
        found, self.file.writings = self.file.writings, []
        return found


def state(bench: Kept, nom: str = "default") -> bytes:
    return to_json(bench.sessions.get(nom).snapshot())


def test_a_control_call_writes_the_session_it_names_however_many_there_are(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    for rank in range(30):
        bench.control("POST", "/sessions", {"id": f"s-{rank}"})
        bench.post(session=f"s-{rank}")
    bench.since()
    assert bench.control("POST", "clock", {"advance": "PT1M"}, session="s-7")[0] == 200
    assert bench.since() == [(True, ["s-7"])]
    bench.control("POST", "verify", {"matcher": {}}, session="s-7")
    bench.control("GET", "ledger", session="s-7")
    assert bench.since() == [], "a question changes nothing"


def test_an_exchange_is_written_soon_and_forced_then(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.since()
    bench.post()
    assert bench.since() == []
    bench.reactor.advance(SOON)
    assert bench.since() == [(True, ["default"])]
    bench.reactor.advance(100 * SOON)
    assert bench.since() == [], "nothing more happened"


def test_many_sessions_are_written_some_at_a_time(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    names = [f"s-{rank}" for rank in range(2 * AT_ONCE + 5)]
    for nom in names:
        bench.control("POST", "/sessions", {"id": nom})
    bench.since()
    for nom in names:
        bench.post(session=nom)
    bench.reactor.pump([SOON] * 3)
    written = bench.since()
    assert [len(some) for _, some in written] == [AT_ONCE, AT_ONCE, 5]
    assert [nom for _, some in written for nom in some] == names


def test_where_platforms_ask_who_speaks_a_session_is_written_before_each_answer(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.control("POST", "/sessions", {"id": "autre"})
    bench.control("PUT", "identite", {"almerys": {"session": True, "second_facteur": "courriel"}})
    bench.since()
    bench.post(LOGIN, "/tiers-payant", "almerys")
    bench.post(session="autre")
    assert bench.since() == [(False, ["default"])], "its own, and not forced"
    bench.reactor.advance(SOON)
    assert bench.since() == [(True, ["default", "autre"])]


def test_a_killed_emulator_comes_back_as_it_was(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.control("POST", "clock", {"freeze": True})
    bench.control("POST", "/sessions", {"id": "autre", "seed": 5, "now": "2025-03-01T09:00:00+01:00"})
    bench.control("POST", "/sessions", {"id": "partie"})
    bench.control("POST", "clock", {"freeze": True}, session="autre")
    bench.control("PUT", "tape", {"nom": "portail-ferme", "depuis_maintenant": True}, session="autre")
    bench.control("POST", "clock", {"advance": "P12D"}, session="autre")
    bench.control("POST", "snapshots", session="autre")
    bench.control("POST", "snapshots", session="autre")
    bench.control("DELETE", "snapshots/1", session="autre")
    bench.control("DELETE", "/sessions/partie")
    bench.post()
    before = {nom: state(bench, nom) for nom in ("default", "autre")}
    kept = to_json(bench.sessions.get("autre").snapshots)
    again = bench.killed(tmp_path)
    assert [one.nom for one in again.sessions] == ["default", "autre"]
    assert {nom: state(again, nom) for nom in before} == before
    assert to_json(again.sessions.get("autre").snapshots) == kept
    assert again.granted() == 1


def test_what_a_tape_made_happen_after_the_last_writing_happens_once_more_and_no_twice(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.control("PUT", "tape", {"nom": "portail-ferme", "depuis_maintenant": True})
    bench.since()
    bench.reactor.advance(dt.timedelta(days=9, hours=12).total_seconds())
    bench.post()
    assert bench.since() == [], "neither the tape's events nor the exchange are written yet"
    keyed = [one.numero for one in bench.session.book("viamedis").pec.values() if "PORTAIL" in one.demande.dossier]
    assert len(keyed) == 2
    again = bench.killed(tmp_path)
    assert again.session.clock.now() == bench.session.clock.now()
    assert state(again) == state(bench)


def test_a_snapshot_is_written_once(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.since()
    bench.control("POST", "snapshots")
    assert bench.since() == [(True, ["default", "default/1"])]
    bench.control("POST", "clock", {"advance": "PT1M"})
    assert bench.since() == [(True, ["default"])]
    again = bench.killed(tmp_path)
    again.since()
    again.control("POST", "clock", {"advance": "PT1M"})
    assert again.since() == [(True, ["default"])], "a start knows what is written"


def test_books_that_outlived_rows_of_the_journal_lose_no_later_exchange(tmp_path: Path) -> None:
    """After a power cut: the journal's last rows are gone, the books were forced to the disk."""
    bench = Kept(tmp_path)
    bench.control("POST", "clock", {"freeze": True})
    bench.post()
    bench.control("POST", "clock", {"advance": "PT1M"})
    [journal] = bench.journals.values()
    assert isinstance(journal, MemoryJournal)
    journal.kept.clear()
    again = bench.killed(tmp_path)
    assert again.granted() == 1
    again.answer(sample("viamedis", "DeposerFacture"), "/facturation")
    before = state(again)
    assert state(again.killed(tmp_path)) == before


def test_a_directory_serves_one_emulator_at_a_time(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    with pytest.raises(EtatIllisible, match="another emulator"):
        StateFile(tmp_path / FILE)
    bench.file.close()
    StateFile(tmp_path / FILE).close()


def test_only_its_owner_reads_what_is_kept(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.post()
    bench.keeper.stop()
    assert authority_in(tmp_path, NOW).pem
    assert {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("octets", [b"no database\n" * 200, b"{}"])
def test_a_file_of_another_kind_is_refused_and_left_as_it_is(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / FILE).write_bytes(octets)
    with pytest.raises(EtatIllisible, match="not a state this program wrote"):
        StateFile(tmp_path / FILE)
    assert (tmp_path / FILE).read_bytes() == octets


def test_rows_of_another_kind_or_version_are_refused(tmp_path: Path) -> None:
    file = StateFile(tmp_path / FILE)
    with file.writing(forced=True):
        file.put("default", 0, b"{}")
    file.close()
    with pytest.raises(EtatIllisible, match="not a state this program wrote"):
        Kept(tmp_path)
    other = tmp_path / "autre"
    other.mkdir()
    file = StateFile(other / FILE)
    file._connection.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(EtatIllisible, match="another version"):
        StateFile(other / FILE)


def test_a_change_that_cannot_be_kept_is_told_and_kept_later(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.file._connection.execute("PRAGMA query_only = ON")
    status, problem = bench.control("POST", "clock", {"advance": "P1D"})
    assert (status, problem["code"]) == (507, "etat_non_ecrit")
    bench.file._connection.execute("PRAGMA query_only = OFF")
    assert bench.control("POST", "clock", {"freeze": True})[0] == 200
    now = bench.control("GET", "clock")
    assert bench.killed(tmp_path).control("GET", "clock") == now


def test_in_the_background_a_full_disk_is_said_once_and_tried_until_it_works(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.file._connection.execute("PRAGMA query_only = ON")
    bench.post()
    with capturedLogs() as said:
        bench.reactor.pump([SOON] * 5)
    assert [event["log_level"].name for event in said] == ["error"]
    bench.file._connection.execute("PRAGMA query_only = OFF")
    bench.since()
    with capturedLogs() as said:
        bench.reactor.pump([SOON] * 5)
    assert [event["log_level"].name for event in said] == ["info"]
    assert bench.since() == [(True, ["default"])]


# ----------------------------------------------------------------------------------------------- codes and authority


def code(bench: Bench) -> str:
    """The code that the platform sends for one more opening."""
    bench.post(LOGIN, "/tiers-payant", "almerys")
    [sent] = bench.control("GET", "codes")[1]["elements"]
    return str(sent["code"])


def asking(bench: Bench) -> Bench:
    bench.control("POST", "clock", {"freeze": True})
    asked = {"almerys": {"session": True, "second_facteur": "courriel"}}
    assert bench.control("PUT", "identite", asked)[0] == 200
    return bench


def test_a_restored_snapshot_sends_the_codes_that_followed_it() -> None:
    bench = asking(Bench())
    first = code(bench)
    bench.control("POST", "snapshots")
    followed = [code(bench) for _ in range(4)]
    assert len({first, *followed}) > 3, "codes differ"
    for _ in range(2):
        bench.control("POST", "snapshots/1/restore")
        assert [code(bench) for _ in range(4)] == followed
    bench.control("POST", "reset")
    assert code(asking(bench)) == first
    assert code(asking(Bench(seed=2))) != first


def test_a_killed_emulator_sends_the_codes_it_would_have_sent(tmp_path: Path) -> None:
    witness, bench = asking(Bench()), Kept(tmp_path)
    asking(bench)
    assert code(bench) == code(witness)
    assert code(bench.killed(tmp_path)) == code(witness)


def certificate(authority: Authority) -> Any:
    return x509.load_pem_x509_certificate(authority.pem)


def test_the_authority_is_made_once_for_a_directory(tmp_path: Path) -> None:
    first = authority_in(tmp_path, NOW)
    assert not (tmp_path / AUTHORITY).exists(), "made when it is first used"
    issued = first.issue_shop(("759999014",))
    again = authority_in(tmp_path, NOW)
    assert again.pem == first.pem
    der = x509.load_pem_x509_certificate(issued.certificat).public_bytes(_der())
    again.trusts(der, NOW)
    certificate(again).verify_directly_issued_by(certificate(first))


def _der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


def test_an_authority_is_made_anew_when_it_has_expired_and_not_before(tmp_path: Path) -> None:
    first = authority_in(tmp_path, NOW).pem
    assert authority_in(tmp_path, END - dt.timedelta(days=1)).pem == first
    renewed = authority_in(tmp_path, END + dt.timedelta(days=1)).pem
    assert renewed != first
    assert authority_in(tmp_path, NOW).pem == renewed


@pytest.mark.parametrize("octets", [b"", b"x", Authority("autre").pem])
def test_a_file_that_is_no_authority_is_refused(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / AUTHORITY).write_bytes(octets)
    with pytest.raises(EtatIllisible, match="not an authority this program wrote"):
        authority_in(tmp_path, NOW)


def test_a_key_of_another_authority_is_refused(tmp_path: Path) -> None:
    assert authority_in(tmp_path, NOW).pem
    written = (tmp_path / AUTHORITY).read_bytes()
    own = written[: written.index(b"-----BEGIN PRIVATE")]
    (tmp_path / AUTHORITY).write_bytes(written.replace(own, Authority("autre").pem))
    with pytest.raises(EtatIllisible):
        authority_in(tmp_path, NOW)


def test_what_is_kept_is_json_that_people_can_read(tmp_path: Path) -> None:
    bench = Kept(tmp_path)
    bench.control("POST", "snapshots")
    [(nom, count, etat)] = bench.file.sessions()
    assert (nom, count, json.loads(etat)["seed"]) == ("default", 0, 1)
    assert [nom for nom, _ in bench.file.snapshots("default")] == ["1"]
