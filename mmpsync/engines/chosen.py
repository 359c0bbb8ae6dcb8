"""The engine that the configuration names."""

from mmpsync.config import Engine as Options
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Engine

__all__ = ["open_engine"]


def open_engine(options: Options) -> Engine:
    """Start the engine. Raises ConfigError, or MissingExtraError for one that is not installed."""
    if options.name == "spark":
        from mmpsync.engines.spark import SparkEngine  # noqa: PLC0415  it takes its time

        return SparkEngine(
            master=options.spark_master,
            directory=options.spark_directory,
            memory_limit=options.memory_limit,
            temp_directory=options.temp_directory,
        )
    return DuckDBEngine(
        threads=options.threads, memory_limit=options.memory_limit, temp_directory=options.temp_directory
    )
