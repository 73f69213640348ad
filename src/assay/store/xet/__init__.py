"""The storage protocol of current Hugging Face clients, read and checked on the server's side.

A file is cut into *chunks*, chunks are packed into *xorbs*, and a *shard* says which chunks of which xorbs make which
file. Everything here is pure: bytes and rows come from whoever keeps them, addresses and times are passed in, and no
hash that a client claims is believed before it was computed again.
"""
