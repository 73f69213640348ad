"""Checks of the axis openness."""
