"""Each invariant has a world in which it is broken: a worse policy, a rule taken out, a row made false, and it says so.

What is taken out here in the same run is what the proofs of test_simulate.py and test_stories.py rest on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation import accounts_seen, invariants, worse
from tests.simulation.histoire import Dossier, Effet, Histoire, Panne, Suite, Verrou
from tests.simulation.storages import Memory
from tests.simulation.story import broken, live
from tests.simulation.story_world import StoryWorld
from tierspayant.adapter import gestures, intake, observations, paid_upfront, policy, records
from tierspayant.adapter.log_ins import LogIns
from tierspayant.adapter.storage.protocol import Storage
from tierspayant.emulator.ledger import post

FILE = Dossier(plateforme="viamedis", magasin=0, arrivee=10, apres=60)
PLAIN = Histoire(graine=1, dossiers=(FILE,), fin=24 * 60)
LOST_PEC = replace(PLAIN, pannes=(Panne(debut=10, duree=1, sorte="recue, sans reponse"),))
LOST_INVOICE = replace(PLAIN, pannes=(Panne(debut=70, duree=1, sorte="recue, sans reponse"),))
UNDER_WAY = replace(PLAIN, pannes=(Panne(debut=70, duree=1, sorte="recue tard, sans reponse"),))
REFUSED = replace(PLAIN, pannes=(Panne(debut=70, duree=1, sorte="503"),))
UNREADABLE_THEN_PAID = replace(
    PLAIN,
    dossiers=(replace(FILE, suite=Suite.AVANCE, quand=30),),
    effets=(Effet(minute=5, plateforme="viamedis", sorte="reponse tronquee", fois=1),),
)
PAID = replace(PLAIN, dossiers=(replace(FILE, suite=Suite.AVANCE, quand=30),))
QUOTED = replace(PLAIN, dossiers=(replace(FILE, devis=True),))
DIES = replace(PLAIN, morts=((6, "after"),))
LOCKED = replace(
    PLAIN,
    dossiers=(FILE, replace(FILE, arrivee=300), replace(FILE, arrivee=20, magasin=1)),
    verrous=(Verrou(minute=200, plateforme="viamedis", magasin=0, rendu=600),),
)
STORIES = (
    PLAIN,
    LOST_PEC,
    LOST_INVOICE,
    UNDER_WAY,
    REFUSED,
    UNREADABLE_THEN_PAID,
    PAID,
    QUOTED,
    DIES,
    LOCKED,
)


@pytest.mark.parametrize("histoire", STORIES)
def test_as_it_is_the_adapter_breaks_nothing_in_these_stories(histoire: Histoire) -> None:
    assert broken(live(histoire)) == []


def told(holds: Callable[[Any], list[str]], histoire: Histoire, **how: Any) -> str:
    """What one invariant says of a story lived in a worse way."""
    return "\n".join(holds(live(histoire, **how)))


# ------------------------------------------------------------------------------------------------- worse policies


def test_an_invoice_sent_again_without_a_question_is_billed_twice() -> None:
    assert "D-0/FAC-1: billed 2 times" in told(
        invariants.billed_once, LOST_INVOICE, next_step=worse.resend_without_asking
    )


def test_an_invoice_asked_about_without_grace_is_billed_twice() -> None:
    asked_at_once = [
        told(invariants.billed_once, replace(UNDER_WAY, graine=graine), delai_traitement=dt.timedelta(0))
        for graine in range(10)
    ]
    assert "billed 2 times" in "\n".join(asked_at_once)


def test_a_pec_sent_again_without_a_question_is_granted_twice() -> None:
    assert "D-0/PEC-1: granted twice" in told(invariants.granted_once, LOST_PEC, next_step=worse.resend_without_asking)


def test_without_a_search_by_reference_a_resend_would_double_and_ours_does_not() -> None:
    blind = replace(LOST_PEC, recherche=False)
    assert "granted twice" in told(invariants.granted_once, blind, next_step=worse.resend_without_asking)
    monde = live(blind)
    assert broken(monde) == []
    raisons = [
        e.donnees.get("action") for e in monde.read(lambda t: t.evenements(None, 0, 1000)) if e.type == "demande"
    ]
    assert "doute_sans_recherche" in raisons, "what is in doubt was held for a person"


def test_a_doubt_put_aside_is_a_wanted_invoice_that_is_missing() -> None:
    never = replace(PLAIN, pannes=(Panne(debut=70, duree=1, sorte="jamais recue"),))
    assert "D-0/FAC-1: wanted, never billed" in told(invariants.wanted_billed, never, next_step=worse.drop_doubts)


def test_a_doubt_nobody_looks_at_never_ends() -> None:
    assert "D-0/FAC-1: still incertaine" in told(
        invariants.ended_or_seen, LOST_INVOICE, next_step=worse.leave_doubts_alone
    )


def test_a_queue_that_tries_again_hours_later_is_late() -> None:
    assert "D-0/FAC-1: still en_file" in told(invariants.queue_empty_in_time, REFUSED, next_step=worse.dawdle)


# --------------------------------------------------------------------------------------------- a rule taken out


def test_a_pec_that_may_be_there_and_is_withdrawn_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gestures, "may_be_there", lambda entry: False)
    assert "D-0/PEC-1: granted and forgotten" in told(invariants.granted_and_known, UNREADABLE_THEN_PAID)


def test_a_file_paid_up_front_whose_pec_is_left_alone_blocks_its_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paid_upfront, "_granted", lambda entry: False)
    assert "the customer paid up front" in told(invariants.paid_up_front_blocks_nobody, PAID)


def test_a_pec_that_does_not_wait_for_its_quote_is_seen_as_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (intake, policy, records):
        monkeypatch.setattr(module, "obstacle", lambda entry, dossier: None)
    assert "D-0/PEC-1: sent after D-0/DEV-1 (envoi" in told(invariants.nothing_past_a_step, QUOTED)


def test_what_is_still_sent_for_who_paid_is_seen_as_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "TIERS_PAYANT", frozenset())
    monkeypatch.setattr(paid_upfront, "_granted", lambda entry: False)
    assert "D-0/FAC-1: sent although the customer paid" in told(invariants.nothing_past_a_step, PAID)


def test_an_account_that_is_not_held_is_shown_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_: LogIns, *rest: Any) -> Any:
        return await rest[-1]()

    monkeypatch.setattr(LogIns, "through", at_once)
    monkeypatch.setattr(observations, "hold_account", lambda *_: None)
    monde = live(replace(LOCKED, verrous=(replace(LOCKED.verrous[0], minute=299, rendu=302),)))
    assert "log-ins more" in "\n".join(accounts_seen.no_further_call(monde))
    assert "locked out without an alarm" in "\n".join(accounts_seen.one_alarm(monde))


# ------------------------------------------------------------------------------------------- what is found is false


class Forgetful(Memory):
    """A database that is empty after a death: what a file system does that only pretends to write."""

    def reopened(self, storage: Storage) -> Storage:
        return self.fresh()


def test_what_was_promised_before_a_death_and_is_gone_is_missed() -> None:
    monde = live(replace(DIES, dossiers=(replace(FILE, apres=0), FILE)), Forgetful())
    assert "promised, lost" in "\n".join(invariants.promised_kept(monde))


def _invoice_before_its_pec(monde: StoryWorld) -> None:
    [row] = [row for row in monde.session.book("viamedis").factures.values() if row.facture.dossier == "D-0"]
    row.recue_le -= dt.timedelta(hours=2)


def _a_centime_from_nowhere(monde: StoryWorld) -> None:
    book = monde.session.book("viamedis")
    [row] = [row for row in book.factures.values() if row.facture.dossier == "D-0"]
    post(book, monde.now(), "faux", (f"paye:{row.cle}", 1), (f"ecart:{row.cle}", -1))


def _an_invoice_nobody_knows(monde: StoryWorld) -> None:
    [row] = [row for row in monde.session.book("viamedis").factures.values() if row.facture.dossier == "D-0"]
    row.facture = replace(row.facture, reference="D-7/FAC-1")


@pytest.mark.parametrize(
    ("tamper", "holds", "sentence"),
    [
        (_invoice_before_its_pec, invariants.pec_first, "billed before its PEC"),
        (_a_centime_from_nowhere, invariants.balanced, "paye_sans_bordereau"),
        (_an_invoice_nobody_knows, invariants.wanted_billed, "D-7/FAC-1: billed, nobody asked for it"),
        (_an_invoice_nobody_knows, invariants.billed_once, "D-0/FAC-1: accepted, never billed"),
    ],
)
def test_a_ledger_made_false_is_found_out(
    tamper: Callable[[StoryWorld], None], holds: Callable[[StoryWorld], list[str]], sentence: str
) -> None:
    monde = live(PLAIN)
    assert holds(monde) == []
    tamper(monde)
    assert sentence in "\n".join(holds(monde))


def test_every_invariant_has_its_control_here() -> None:
    """By name: an invariant without a world that breaks it proves nothing."""
    with open(__file__, encoding="utf-8") as source:  # noqa: PTH123
        text = source.read()
    every = [holds.__name__ for holds in (*invariants.EVERY_WORLD, *invariants.STORY)]
    assert [nom for nom in every if f".{nom}" not in text] == []
