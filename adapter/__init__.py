"""The daemon between an optician's shop and the third-party-payment platforms: it records, sends once, and tells the shop."""

if __name__ == "adapter":
    raise ImportError("this package is tierspayant.adapter: install the project (make setup) and write `from tierspayant import adapter`")
