"""The hub: what a member runs so that others can push, look and pull, with evidence on every revision."""
