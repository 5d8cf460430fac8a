"""Every bad message gets its rule at its place, keeps nothing, and the platform goes on: each operation, each version.

`pytest -s` prints how many there are. Each family has a control: with the check it is about switched off, it fails.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from lxml import etree

from tests.contracts.bad_input import Cas as BadCase
from tests.contracts.bad_input import Question, noeuds, questions, said_in, samples
from tests.contracts.bad_platform import FAMILLES, NOW, Platform
from tests.live.over_size import answer_to_a_stream
from tests.live.test_emulator_serve import Live, start
from tierspayant.emulator import card_requests, ledger, people
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.insurers import load as insurers
from tierspayant.emulator.people import Cas
from tierspayant.emulator.rules import pec
from tierspayant.schemas import champs, identity, platforms, soap, xml, xsd_rules
from tierspayant.schemas.messages import Entete, ResultatPec
from tierspayant.schemas.outcomes import Outcome, Refus
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

DIALECTES = sorted(platforms.dialects())
Off = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("famille", FAMILLES)
@pytest.mark.parametrize("dialecte", DIALECTES)
def test_each_bad_message_gets_its_rule_and_keeps_nothing(dialecte: str, famille: str) -> None:
    platform = Platform(dialecte)
    for question in questions(dialecte):
        _all_refused(platform, question, FAMILLES[famille](question))
    for question in samples(dialecte):
        if question.fichier.endswith(".ok.xml") and question.version is SoapVersion.V11:
            platform.goes_on(question)


def test_the_table_covers_each_operation_and_is_counted() -> None:
    total: Counter[str] = Counter()
    for dialecte in DIALECTES:
        par_operation: dict[tuple[str, SoapVersion], Counter[str]] = {}
        for question in questions(dialecte):
            compte = par_operation.setdefault((question.operation, question.version), Counter())
            for famille, cases in FAMILLES.items():
                compte[famille] += sum(1 for _ in cases(question))
        noms = set(platforms.dialects()[dialecte].names.values())
        assert set(par_operation) == set(itertools.product(noms, SoapVersion))
        for qui, compte in par_operation.items():
            assert {famille for famille in FAMILLES if not compte[famille]} <= {"conditional", "enumeration"}, qui
        total += sum(par_operation.values(), Counter())
    sys.stdout.write(f"\nbad messages: {total.total()} {dict(total)}\n")
    assert min(total.values()) > 50


@pytest.mark.parametrize("dialecte", DIALECTES)
def test_each_mandatory_field_of_each_request_is_left_out_once(dialecte: str) -> None:
    for question in questions(dialecte):
        declared = {
            (owner, champ.nom)
            for bloc in (question.racine[0][0], question.racine[-1][0])
            for owner, champ in question.shape.reachable(question.shape.of(bloc))
        }
        there = {(noeud.type, xml.local_name(enfant)) for noeud in noeuds(question) for enfant in noeud.element}
        assert declared == there, str(question)


# ------------------------------------------------------------------------------------------------- negative controls


def _xsd_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(xsd_rules, "first_violation", lambda *_: None)


def _conditions_off(patch: pytest.MonkeyPatch) -> None:
    for dialecte, module in itertools.product(DIALECTES, ("server_questions", "server_question_blocks")):
        patch.setattr(f"tierspayant.schemas.{dialecte}.{module}.exige", lambda *_: None, raising=False)


def _keys_off(patch: pytest.MonkeyPatch) -> None:
    for cls in (identity.Nir, identity.Lpp, identity.Finess):
        patch.setattr(cls, "verifier", lambda _: None)
    patch.setattr(champs, "_PUBLIC", champs.PublicIdentifiers())


def _envelope_off(patch: pytest.MonkeyPatch) -> None:
    def first_of_all(root: etree._Element, understood: frozenset[str]) -> soap.Envelope:
        version = SoapVersion.V12 if soap.SOAP12 in str(root.tag) else SoapVersion.V11
        return soap.Envelope(version, root, tuple(root[0]), root[-1][0], None)

    patch.setattr(soap, "open_envelope", first_of_all)


def _parser_off(patch: pytest.MonkeyPatch) -> None:
    parser = etree.XMLParser(huge_tree=True)
    patch.setattr(xml, "parse", lambda octets, *_: etree.fromstring(octets, parser))
    patch.setattr(xml, "MAX_BYTES", 1 << 40)


CONTROLS: Mapping[str, Off] = dict.fromkeys(FAMILLES, _xsd_off) | {
    "conditional": _conditions_off,
    "key": _keys_off,
    "envelope": _envelope_off,
    "document": _parser_off,
    "10 MB": _parser_off,
}


@pytest.mark.parametrize("famille", FAMILLES)
@pytest.mark.parametrize("dialecte", DIALECTES)
def test_a_family_fails_when_its_check_is_switched_off(
    dialecte: str, famille: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [(question, list(FAMILLES[famille](question))) for question in questions(dialecte)]
    question, cases = max(seen, key=lambda one: len(one[1]))
    platform = Platform(dialecte)
    CONTROLS[famille](monkeypatch)
    with pytest.raises(AssertionError):
        _all_refused(platform, question, cases)


def _all_refused(platform: Platform, question: Question, cases: Iterable[BadCase]) -> None:
    for cas in cases:
        platform.refuses(question, cas)


# -------------------------------------------------------------------------------------------- the insurer insists


INSIST = [(amc, champ) for amc in insurers() for champ in amc.exige]


def _card(amc: Amc) -> str:
    """A person of that insurer whose standard request is granted."""
    for row in people.load():
        if row.amc == amc.code and (row.cas.attendu == "DRO10" if row.cas else row.carte.startswith("PEC_OK")):
            return row.carte
    raise AssertionError(amc.code)


def _asked(amc: Amc, sans: tuple[str, ...], version: SoapVersion, devis: bool = False) -> tuple[Outcome, Platform]:
    """What a person of that insurer gets for a request without some fields, asked in one SOAP version."""
    platform = Platform(amc.plateforme)
    book = platform.session.book(amc.plateforme)
    person = book.world.people[_card(amc)]
    demande = card_requests.pec_request(
        person, amc, NOW.date(), book.plateforme.traits.organisme_choisi, "D-EXIGE", devis=devis
    )
    cas = Cas(operation="pec", attendu="", sans=sans)
    client = platforms.client(book.plateforme.dialecte)
    entete = Entete(id_message="exige-1", magasin=identity.Finess("759999014"), emis_le=NOW)
    requete = client.encode(entete, card_requests.changed(demande, cas, NOW.date()))
    headers = (("Content-Type", version.content_type),)
    reponse = platform.post(HttpRequest("POST", requete.path, headers, said_in(requete.body, version)))
    native = book.plateforme.traits.version_soap
    read = HttpResponse(reponse.status, (("Content-Type", native.content_type),), said_in(reponse.body, native))
    return client.decode(demande.operation, "exige-1", read), platform


@pytest.mark.parametrize("devis", [False, True], ids=["pec", "devis"])
@pytest.mark.parametrize("version", SoapVersion)
@pytest.mark.parametrize(("amc", "champ"), INSIST, ids=lambda un: getattr(un, "code", un))
def test_an_insurer_that_insists_on_a_facultative_field_refuses_and_names_it(
    amc: Amc, champ: str, version: SoapVersion, devis: bool
) -> None:
    outcome, platform = _asked(amc, (champ,), version, devis)
    assert isinstance(outcome, Refus)
    assert [(motif.code, motif.champ) for motif in outcome.motifs] == [("DRO10", champ)]
    book = platform.session.book(amc.plateforme)
    [row] = [row for row in book.pec.values() if row.demande.dossier == "D-EXIGE"]
    assert row.etat is (ResultatPec.REFUSE if devis else ResultatPec.REFUSEE)
    assert row.montants is None
    assert ledger.check(book) == []


@pytest.mark.parametrize("amc", [amc for amc in insurers() if amc.exige], ids=lambda amc: amc.code)
def test_the_same_request_with_the_field_is_not_refused_for_it(amc: Amc) -> None:
    outcome, _ = _asked(amc, (), SoapVersion.V11)
    assert not (isinstance(outcome, Refus) and any(motif.code == "DRO10" for motif in outcome.motifs))


@pytest.mark.parametrize("dialecte", DIALECTES)
def test_each_dialect_has_an_insurer_that_insists(dialecte: str) -> None:
    assert [amc for amc, _ in INSIST if amc.plateforme == dialecte]


def test_without_the_rule_nobody_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pec, "REGLES", tuple(one for one in pec.REGLES if one is not pec.facultatif_exige))
    for amc, champ in INSIST:
        outcome, _ = _asked(amc, (champ,), SoapVersion.V11)
        assert not (isinstance(outcome, Refus) and any(motif.code == "DRO10" for motif in outcome.motifs))


@pytest.mark.parametrize("dialecte", DIALECTES)
def test_a_pec_without_consent_is_refused_by_the_insurer(dialecte: str) -> None:
    amc = next(amc for amc in insurers() if amc.plateforme == dialecte and not amc.exige and not amc.refus_opaques)
    outcome, _ = _asked(amc, ("consentement",), SoapVersion.V12)
    assert isinstance(outcome, Refus)
    assert [(motif.code, motif.champ) for motif in outcome.motifs] == [("PEC13", "consentement")]


# ------------------------------------------------------------------------------------------- places and real sockets


def test_a_fault_in_a_copied_block_names_its_whole_place() -> None:
    """A header with mustUnderstand and a body with xsi:type are judged on copies."""
    for question in questions("viamedis"):
        if question.operation == "DemanderPriseEnCharge":
            assert _place(question, "magasin", "759999011") == "/Envelope/Header/entete/magasin"
            where = "/Envelope/Body/DemanderPriseEnCharge/demande/equipement/ligne[2]/lpp"
            assert _place(question, "lpp", "2299122") == where


def _place(question: Question, nom: str, valeur: str) -> str:
    root = etree.fromstring(question.body)
    root[0][0].set(f"{{{question.version.namespace}}}mustUnderstand", "1")
    for element in root[-1].iter():
        element.set("{http://www.w3.org/2001/XMLSchema-instance}type", "string")
    trouves = root.findall(f".//{{*}}{nom}")
    trouves[min(1, len(trouves) - 1)].text = valeur
    reponse = Platform(question.plateforme).post_to(question, etree.tostring(root))
    return str(etree.fromstring(reponse.body).findtext(".//{*}chemin"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    process, ready = start(tmp_path_factory.mktemp("over-size"))
    yield ready
    process.terminate()
    assert process.wait(10) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-chunks"])
@pytest.mark.parametrize("dialecte", DIALECTES)
def test_twenty_megabytes_on_a_socket_are_refused_and_the_platform_goes_on(
    server: dict[str, Any], dialecte: str, announced: bool
) -> None:
    live = Live(server)
    before = live.call("GET", "ledger")
    for chemin in sorted(platforms.server(dialecte).chemins):
        answer, sent = answer_to_a_stream(server["plateformes"][dialecte], chemin, 20 * 1024 * 1024, announced)
        assert answer.startswith(b"HTTP/1.1 413 "), (chemin, answer[:80])
        assert b"Traceback" not in answer
        assert sent < 20 * 1024 * 1024, "read to its end"
    assert live.call("GET", "ledger") == before
    [sample] = [q for q in samples(dialecte) if q.fichier == "EtatService.ok.xml" and q.version is SoapVersion.V11][:1]
    assert live.post(sample.chemin, sample.body, dialecte).status == 200
    live.close()
