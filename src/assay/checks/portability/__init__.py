"""Checks of the axis portability."""
