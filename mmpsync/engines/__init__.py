"""Engines run what `ingest` and `reconcile` describe: DuckDB, inside this process, or Spark, on a cluster."""
