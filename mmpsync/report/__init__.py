"""Reports: one format per file, each made from a `Run` alone."""
