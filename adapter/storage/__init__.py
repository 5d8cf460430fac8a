"""Durable storage: one protocol, several backends, one contract suite (tests/contracts/test_storage*.py)."""
