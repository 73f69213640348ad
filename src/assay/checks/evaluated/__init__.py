"""Checks of the axis evaluated."""
