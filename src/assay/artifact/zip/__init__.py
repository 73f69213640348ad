"""Zip archives by their own directory: where members lie, and what does not add up."""
