"""A third-party-payment platform that can be told to misbehave, for tests and training."""

if __name__ == "emulator":
    raise ImportError("this package is tierspayant.emulator: install the project (make setup) and write `from tierspayant import emulator`")
