"""Routes that people look at, one file per page; each file has a list `routes`, found by its folder."""
