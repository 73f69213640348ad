"""Checks of the axis security."""
