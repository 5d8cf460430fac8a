"""Messages to plain values and back, and masked on the way to a log."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import strategies
from tierspayant.schemas import platforms
from tierspayant.schemas.messages import PecDemande
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.plain import from_json, from_plain, masked, to_json, to_plain

DIALECTES = st.sampled_from(["almerys", "viamedis"]).map(lambda nom: platforms.dialects()[nom])


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.data(), DIALECTES)
def test_every_message_comes_back(data: st.DataObject, dialecte: platforms.Dialect) -> None:
    operation = data.draw(st.sampled_from(sorted(dialecte.names)))
    for message in (
        data.draw(strategies.demandes(operation, dialecte.traits)),
        data.draw(strategies.reponses(operation, dialecte.traits)),
    ):
        assert from_plain(type(message), to_plain(message)) == message
        assert from_json(type(message), to_json(message)) == message


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(strategies.demandes(Operation.PEC, platforms.dialects()["viamedis"].traits))
def test_a_masked_message_shows_no_personal_value(demande: PecDemande) -> None:
    montre = json.dumps(masked(demande), ensure_ascii=False)
    assert demande.assure.nir.clair not in montre
    beneficiaire = masked(demande)["beneficiaire"]
    assert {beneficiaire[nom] for nom in ("nom", "prenom", "date_naissance")} == {"•••"}
    assert masked(demande)["carte"]["numero_amc"] == demande.carte.numero_amc.clair


def test_a_wrong_identifier_is_refused_without_being_shown() -> None:
    plain = {"nir": "285057599900198"}
    from tierspayant.schemas.messages import Assure

    with pytest.raises(msgspec.ValidationError) as refus:
        from_plain(Assure, plain)
    assert "285057599900198" not in str(refus.value)
