"""Routes that programs call, one file per resource; each file has a list `routes`, found by its folder."""
