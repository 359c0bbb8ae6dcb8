"""Engines run what `ingest` and `reconcile` describe: DuckDB, embedded, in this release."""
