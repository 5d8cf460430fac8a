"""A third-party-payment platform that can be told to misbehave, for tests and for training."""

if __name__ == "emulator":
    raise ImportError("write `import tierspayant.emulator`: the bare name emulator is not this project's")
