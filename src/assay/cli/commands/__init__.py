"""One file per command; each has `NAME`, `SUMMARY`, `add_arguments` and `run`."""
