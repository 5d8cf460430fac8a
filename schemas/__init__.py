"""The wire vocabulary that adapter and emulator share: messages, money, identities, XML, one folder per dialect.

No Twisted, no database, no clock.
"""

if __name__ == "schemas":
    raise ImportError("write `import tierspayant.schemas`: the bare name schemas is not this project's")
