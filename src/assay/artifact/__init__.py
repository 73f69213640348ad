"""WHAT IS JUDGED: files, their identity, and what safe readers saw in them."""
