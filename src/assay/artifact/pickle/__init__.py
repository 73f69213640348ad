"""Pickle streams followed on symbols: what loading one would call, with nothing called."""
