"""The daemon between an optician's shop and the third-party-payment platforms.

It records a request before it promises anything, sends it once, and tells the shop what became of it.
"""

if __name__ == "adapter":
    raise ImportError("write `import tierspayant.adapter`: the bare name adapter is not this project's")
