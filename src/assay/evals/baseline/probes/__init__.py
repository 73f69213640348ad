"""One file per probe; `baseline.suite` finds them by folder."""
