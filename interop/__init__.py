"""The interop suite: foreign SOAP stacks drive every operation of both dialects from the unedited WSDL.

`python -m interop` (make interop) starts the emulator, builds and runs the drivers, prints one table and writes
docs/interop.md. Each sub-folder is one stack and one example for a vendor who writes in that language.
"""
