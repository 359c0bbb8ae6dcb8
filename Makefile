# Everything runs in .venv, which the first target that needs it makes; all it takes is make and Python 3.11.
PYTHON ?= python3
BIN := .venv/bin
AS_OF := 2026-03-20T00:00:00Z

.PHONY: demo test test-push check bench bench-large clean

demo: .venv/installed  ## set up and run the main job on sample_exports/
	$(BIN)/mmpsync reconcile sample_exports --config sample_exports/mmpsync.toml --as-of $(AS_OF) --out runs/demo

test: .venv/installed-dev  ## set up and run the tests, on every core
	$(BIN)/pytest --numprocesses logical --dist loadfile

test-push: .venv/installed-dev  ## the promise of exactly once, in full: killed 50 times, every fifth request failing
	MMPSYNC_PUSH_TESTS=full $(BIN)/pytest tests/push/test_killed.py --durations=0

check: .venv/installed-dev  ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/installed-bench  ## speed and memory against pandas, Polars and DuckDB scripts, as ratios of one run
	$(BIN)/python benchmarks/bench.py

bench-large: .venv/installed-bench  ## how time and memory grow with the input, up to 50 million clicks
	$(BIN)/python benchmarks/large.py

clean:  ## remove the environment, caches and runs
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist runs benchmarks/data

.venv/bin/pip: constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mmpsync needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	touch $@

.venv/installed: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[report,spark,s3,gcs]' --group dev
	touch $@

.venv/installed-bench: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --group bench
	touch $@
