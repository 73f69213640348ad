"""Git without git: objects and refs as rows, written in one transaction, equal to what git itself would write."""
