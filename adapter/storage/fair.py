"""Fair between shops: of what is equally urgent, each shop's oldest entry goes before any shop's second. Pure.

Without it a shop with ten thousand requests in the queue would keep every other one waiting until it is served. The
turn goes on from the shop after `after`, so that shops late in the alphabet are not last for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest

from tierspayant.adapter.entry import Entry


def in_turn(
    next_shop: Callable[[str], str | None],
    oldest_of: Callable[[str, int], Sequence[Entry]],
    limite: int,
    after: str,
) -> list[Entry]:
    """Up to `limite` entries, one shop after the other.

    next_shop: the first shop later in the alphabet that has something due, or None. oldest_of: so many of a shop's.
    """
    shops = _shops(next_shop, limite, after)
    if not shops:
        return []
    part = -(-limite // len(shops))
    turns = zip_longest(*(oldest_of(shop, part) for shop in shops))
    return [une for une in chain.from_iterable(turns) if une is not None][:limite]


def _shops(next_shop: Callable[[str], str | None], limite: int, after: str) -> list[str]:
    """The shops whose turn it is, from `after` round to `after` itself."""
    shops: list[str] = []
    cursor, again = after, after == ""
    while len(shops) < limite:
        shop = next_shop(cursor)
        if shop is not None and not (again and after != "" and shop > after):
            shops.append(shop)
            cursor = shop
        elif shop is None and not again:
            cursor, again = "", True
        else:
            break
    return shops
