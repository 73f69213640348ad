"""One file per report format, named as on the command line; only the one that is asked for is loaded."""
