# Every command that keeps the project in order; CONTRIBUTING says when. Windows: read the commands.
PYTHON ?= .venv/bin/python
BIN := $(dir $(PYTHON))

.PHONY: help install check fast test bench report tables kills
help:  ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

install:  ## The environment, with all that the tests need
	python3 -m venv .venv
	$(PYTHON) -m pip install -q -r envs/requirements-dev.txt -e .

check:  ## Format, lint and types
	$(BIN)ruff format .
	$(BIN)ruff check --fix .
	$(BIN)snakefmt Snakefile rules
	$(BIN)mypy

fast:  ## The tests that take a minute together
	$(PYTHON) -m pytest -q -m "not slow"

test:  ## All tests: the workflow, a browser, a SLURM cluster where they are installed
	$(PYTHON) -m pytest -q

bench:  ## Speed and scores beside others', written into docs/speed.md
	$(PYTHON) tests/benchmarks/run.py
	$(PYTHON) tests/benchmarks/run.py --real

kills:  ## Runs with random kills, which have to end in the same bytes
	$(PYTHON) tests/kill_loop.py

report:  ## The default run and its report
	$(BIN)snakemake --cores all
	@echo Open results/report.html

tables:  ## The tables of modules by rule and of the config's keys
	$(PYTHON) tests/test_code_hash.py
	$(PYTHON) tests/test_docs.py
