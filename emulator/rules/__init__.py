"""The business rules of an insurer: small pure functions, each bound to a row of regles.toml."""
