"""The wire vocabulary that both sides share: messages, money, identities, XML, and one folder per dialect. No Twisted, no database, no clock."""

if __name__ == "schemas":
    raise ImportError("this package is tierspayant.schemas: install the project (make setup) and write `from tierspayant import schemas`")
