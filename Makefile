# One command to set up (make setup), one to check everything (make check), one to see it run (make demo).

PYTHON ?= python3
BIN := .venv/bin
LINKS := .links/tierspayant

.PHONY: setup check lint types test demo

setup: .venv/.ready

.venv/.ready: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test,postgres,dev]'
	mkdir -p $(LINKS)
	for name in adapter emulator schemas; do ln -sfn ../../$$name $(LINKS)/$$name; done
	touch $@

check: lint types test

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup
	$(BIN)/mypy

test: setup
	$(BIN)/python -m pytest

demo: setup
	$(BIN)/python -m tests.demo $(if $(KEEP),--keep)
