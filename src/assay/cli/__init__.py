"""The `assay` command: one file per command in `commands/`, found by folder."""
