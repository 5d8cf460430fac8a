"""WS-Security as both sides speak it: the UsernameToken digest and the X.509 signature of Body and Timestamp.

Pure: no reactor, no clock, no file. The emulator reads and judges, the adapter makes; both use the same rules.
"""
