"""What a shop does about one file, and when: posts, cancels, corrects, takes the customer's money.

An errand gives False while it cannot be done yet (the PEC it names is not known, the daemon is dead); it is then tried
again a minute later, as a shop's software or its staff would.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from tests.simulation import people
from tests.simulation.histoire import AGAIN, DOCUMENTS, PAIR_TWO, SHOPS, Dossier, Suite
from tests.simulation.story_world import FORMER, INSURER, MINUTE, MOVED, StoryWorld
from tierspayant.adapter import gestures, paid_upfront, policy
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.intake import Nouvelle
from tierspayant.schemas.operations import Operation

Errand = tuple[float, Callable[[], bool]]
"""Second, and what is done then; False: not yet."""


def schedule(monde: StoryWorld) -> None:
    """Every file's errands, each at its second. One timer for all keeps long stories quick."""
    every = [one for rang, un in enumerate(monde.histoire.dossiers) for one in Guichet(monde, un, rang).errands()]
    _feed(monde, sorted(every, key=lambda one: one[0])[::-1])


def _feed(monde: StoryWorld, agenda: list[Errand]) -> None:
    while agenda and agenda[-1][0] <= monde.clock.seconds():
        _attempt(monde, agenda.pop()[1])
    if agenda:
        monde.clock.callLater(agenda[-1][0] - monde.clock.seconds(), _feed, monde, agenda)


def _attempt(monde: StoryWorld, errand: Callable[[], bool]) -> None:
    if not errand():
        monde.clock.callLater(MINUTE, _attempt, monde, errand)


class Guichet:
    """The counter at which one file is dealt with."""

    def __init__(self, monde: StoryWorld, un: Dossier, rang: int) -> None:
        self.monde = monde
        self.un = un
        self.rang = rang
        self.nom = f"D-{rang}"
        self.magasin = SHOPS[un.magasin]

    def errands(self) -> Iterator[Errand]:
        un, start = self.un, self.un.arrivee * MINUTE
        billing, then = start + un.apres * MINUTE, start + un.quand * MINUTE
        if un.droits:
            yield start, partial(self._post, people.droits(un.plateforme, f"{self.nom}/DR-1"))
        if un.devis:
            yield start, partial(self._post, people.devis(un.plateforme, self.nom, un.prix))
        yield start, self.pec
        if un.deux_paires:
            yield start, partial(self.pec, PAIR_TWO, numero=2)
            yield billing, partial(self.facture, PAIR_TWO, pec=PAIR_TWO)
        if un.prix == DOCUMENTS:
            yield start, partial(self.documents, 1)
            if un.deux_paires:
                yield start, partial(self.documents, PAIR_TWO)
            if un.suite is Suite.REMPLACEMENT:
                yield start, partial(self.documents, 2)
        yield from self._suite(billing, then)

    def _suite(self, billing: float, then: float) -> Iterator[Errand]:
        match self.un.suite:
            case Suite.ANNULATION:
                yield then, partial(self.annulation, "PEC-1", Operation.ANNULATION_PEC)
                return
            case Suite.REMPLACEMENT:
                yield then, partial(self.annulation, "PEC-1", Operation.ANNULATION_PEC)
                yield then, partial(self.pec, 2, remplace=1)
                yield max(billing, then), partial(self.facture, 1, pec=2)
                return
            case Suite.FACTURE_ANNULEE:
                yield max(billing, then), partial(self.annulation, "FAC-1", Operation.ANNULATION_FACTURE)
            case Suite.FACTURE_CORRIGEE:
                yield max(billing, then), partial(self.annulation, "FAC-1", Operation.ANNULATION_FACTURE)
                yield max(billing, then), partial(self.facture, 2, remplace=1)
            case Suite.AVANCE | Suite.AVANCE_LEVEE:
                yield then, self.paid
            case Suite.DOUBLE:
                yield then, self.again
            case _:
                pass
        yield billing, partial(self.facture, 1)

    # ---- requests

    def pec(self, rang: int = 1, numero: int = 1, remplace: int | None = None) -> bool:
        if remplace is not None and self._entry(f"PEC-{remplace}") is None:
            return False
        body = people.pec(self.un.plateforme, self.nom, rang=rang, prix_monture=self.un.prix)
        equipement = people.equipement(self.un.prix, numero)
        return self._post(body, equipement=equipement, remplace=remplace and f"{self.nom}/PEC-{remplace}")

    def again(self) -> bool:
        """The first PEC keyed once more, word for word, under another reference."""
        first = self._entry("PEC-1")
        if first is None:
            return False
        jour = policy.business_day(first.cree_le)
        return self._post(people.pec(self.un.plateforme, self.nom, rang=AGAIN, prix_monture=self.un.prix), jour)

    def facture(self, rang: int, pec: int = 1, remplace: int | None = None) -> bool:
        if self._entry(f"PEC-{pec}") is None or (remplace is not None and self._entry(f"FAC-{remplace}") is None):
            return False
        jour = policy.business_day(self.monde.now())
        body = people.facture(self.nom, f"24{self.rang:05d}{rang:02d}", rang=rang, jour=jour)
        replaced = remplace and f"{self.nom}/FAC-{remplace}"
        return self._post(body, pec=f"{self.nom}/PEC-{pec}", remplace=replaced)

    def annulation(self, what: str, operation: Operation) -> bool:
        target = self._entry(what)
        if target is None:
            return False
        return self._post(people.annulation(target.id, f"{self.nom}/ANN-{what}", operation))

    def documents(self, rang: int) -> bool:
        """The prescription, once the platform says that it wants it; nothing for a PEC that came to its end."""
        pec = self._entry(f"PEC-{rang}")
        if pec is not None and pec.numero is not None and pec.resultat in {"accordee_sous_reserve", "en_instance"}:
            self._post(people.pieces(pec.id, f"{self.nom}/PJ-{rang}"))
            return self.un.suite is not Suite.AVANCE_LEVEE or self._entry(f"PJ-{rang}") is not None
        return pec is not None and (pec.etat is Etat.RETIREE or pec.resultat in {"accordee", "refusee", "annulee"})

    def _post(self, nouvelle: Nouvelle, jour: dt.date | None = None, **corps: Any) -> bool:
        """Of this shop, of today unless a day is given, to where the insurer is now."""
        if hasattr(nouvelle.corps, "date_soins"):
            corps["date_soins"] = jour or policy.business_day(self.monde.now())
        if nouvelle.plateforme == FORMER and self.monde.moved:
            nouvelle = replace(nouvelle, plateforme=MOVED, organisme=INSURER)
        changed: Any = replace(nouvelle.corps, **corps)
        self.monde.deliver(replace(nouvelle, magasin=self.magasin, corps=changed))
        return True

    def _entry(self, what: str) -> Entry | None:
        return self.monde.found(self.magasin, f"{self.nom}/{what}")

    # ---- the customer pays up front

    def paid(self) -> bool:
        monde = self.monde
        done = monde.act(
            lambda t: paid_upfront.begin(
                t, monde.vault, monde.ids, self.magasin, self.nom, paid_upfront.Montants(), monde.now()
            )
        )
        if isinstance(done, paid_upfront.Marked):
            monde.happened()
            monde.delivery.wake(done.lanes)
            monde.to_check |= {une.id for une in done.a_verifier}
            if self.un.suite is Suite.AVANCE_LEVEE:
                monde.clock.callLater(60 * MINUTE, _attempt, monde, self.undone)
        if isinstance(done, gestures.Refused):
            monde.witness.paid_refused += 1
        return done is not None

    def undone(self) -> bool:
        monde = self.monde
        done = monde.act(lambda t: [paid_upfront.undo(t, self.magasin, self.nom, monde.now())])
        if done is None:
            return False
        [lifted] = done
        if lifted is not None:
            monde.happened()
            monde.delivery.wake(lifted.lanes)
        return True
