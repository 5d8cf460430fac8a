"""The tables on PostgreSQL: as on any SQL engine, and what changed is told to the other nodes with the commit."""

from __future__ import annotations

import json

from tierspayant.adapter.availability import Compte, Disponibilite
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.storage.sql_tables import Run, SqlTables

NEWS_MAX = 50
"""Changed entries told one by one; beyond it the other nodes are told to look at everything."""


class PostgresTables(SqlTables):
    """Tables that note whose news they are. `tell` sends them; the server delivers them when, and if, it commits."""

    def __init__(self, run: Run) -> None:
        super().__init__(run, lambda _: False)  # a duplicate is a row not inserted: an error would end the transaction
        self.news: set[tuple[str, ...]] = set()

    def insert_entry(self, entry: Entry, empreinte: str) -> None:
        super().insert_entry(entry, empreinte)
        self._note(entry)

    def update_entry(self, entry: Entry) -> None:
        super().update_entry(entry)
        self._note(entry)

    def put_disponibilite(self, disponibilite: Disponibilite) -> None:
        super().put_disponibilite(disponibilite)
        self.news.add((disponibilite.plateforme, disponibilite.service))

    def put_compte(self, compte: Compte) -> None:
        super().put_compte(compte)
        self.news.add(())

    def _note(self, entry: Entry) -> None:
        self.news.add((entry.plateforme, entry.service, entry.id, entry.magasin))

    def tell(self) -> None:
        """Notify what was noted: lane, entry and shop in codes, nothing personal; () is everything."""
        news: set[tuple[str, ...]] = {()} if len(self.news) > NEWS_MAX else self.news
        for une in sorted(news):
            self._run("notify", {"nouvelle": json.dumps(une)})
