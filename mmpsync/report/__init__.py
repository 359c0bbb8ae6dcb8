"""Reports: one format per file, each made from a `Run` alone; `check/` has the same formats of a `Check`."""
