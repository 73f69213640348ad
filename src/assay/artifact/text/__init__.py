"""Text and documents read within a budget: decoding, JSON, YAML, and secrets that stand in them."""
