"""`assess()` in a child without network, limited in memory, time and files; the parent signs, the child reads."""
