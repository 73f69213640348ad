"""Checks of the axis provenance."""
