"""BETWEEN MEMBERS: what carries artifacts and their evidence from one place to another."""
