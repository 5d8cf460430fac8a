"""Who may do what, where no other test would miss it: found by planting bugs (mutants/bugs/privacy.toml)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred, succeed

from tests.unit.adapter_edges.bodies import FACTURE, PEC, bent
from tests.unit.adapter_edges.shop import FINESS, Shop
from tierspayant.adapter import keys
from tierspayant.adapter.problem import Refusal
from tierspayant.adapter.shop_api import Access
from tierspayant.adapter.shop_http import Call


def configured(cle: keys.NewKey) -> keys.ApiKey:
    return keys.ApiKey(cle.identifier, keys.Role.MAGASIN, "demo", cle.empreinte)


@pytest.mark.parametrize("place", [-64, -32, -1])
def test_a_hash_that_differs_anywhere_is_another_key(place: int) -> None:
    cle = keys.fresh()
    other = "0" if cle.empreinte[place] != "0" else "1"
    altered = cle.empreinte[:place] + other + cle.empreinte[len(cle.empreinte) + place + 1 :]
    assert keys.verified(cle.text, {cle.identifier: configured(cle)}) is not None
    assert keys.verified(cle.text, {cle.identifier: replace(configured(cle), empreinte=altered)}) is None


def test_a_key_renewed_under_its_own_name_no_longer_opens_with_the_former_secret() -> None:
    stolen, fresh = keys.fresh(), keys.fresh()
    renewed = replace(configured(fresh), identifier=stolen.identifier)
    acces = Access(
        {stolen.identifier: configured(stolen)}, FINESS, keys.KeyMemory(b"test"), lambda work: succeed(work())
    )
    call = Call("GET", "/v1/encours", "", {"authorization": f"Bearer {stolen.text}"}, b"")
    seen: list[object] = []
    _ = Deferred.fromCoroutine(acces.caller(call)).addCallback(seen.append)
    assert seen == [(configured(stolen), FINESS["demo"])]
    acces.reload({stolen.identifier: renewed}, FINESS)
    refused = Deferred.fromCoroutine(acces.caller(call))
    assert refused.addErrback(lambda failure: seen.append(failure.trap(Refusal))) is refused
    assert seen[1:] == [Refusal]


def test_an_invoice_cannot_name_another_shop_s_pec_whatever_it_calls_it() -> None:
    shop = Shop()
    pec = shop.call("POST", "/v1/pec", PEC)[1]
    for name in (pec["id"], pec["reference"]):
        status, said = shop.call("POST", "/v1/factures", FACTURE | {"pec": name}, magasin="deux")
        assert (status, said["code"]) == (422, "pec_inconnue")
    assert shop.call("GET", "/v1/demandes", magasin="deux")[1]["elements"] == []


@pytest.mark.parametrize(
    ("pointer", "value", "rule"),
    [("/carte/csr", "trop long pour un CSR", "CSR_FORME"), ("/equipement/lignes/0/prix_centimes", -1, None)],
)
def test_what_could_only_be_refused_is_refused_by_the_api_and_not_queued(
    pointer: str, value: object, rule: str | None
) -> None:
    shop = Shop()
    status, said = shop.call("POST", "/v1/pec", bent(PEC, pointer, value))
    assert (status, said["code"], said["champ"]) == (422, "demande_invalide", pointer)
    assert said["regle"] == (rule or said["regle"])
    assert shop.call("GET", "/v1/demandes")[1]["elements"] == []
