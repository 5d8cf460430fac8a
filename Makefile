# make setup: everything a checkout needs. make check: what CI runs. make demo: see it work (KEEP=1 leaves it running).

PYTHON ?= python3
BIN := .venv/bin
LINKS := .links/tierspayant

.PHONY: setup check lint types test demo

setup: .venv/.ready

.venv/.ready: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[test,postgres,dev]'
	mkdir -p $(LINKS)
	for name in adapter emulator schemas; do ln -sfn ../../$$name $(LINKS)/$$name; done
	touch $@

check: lint types test

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: setup
	$(BIN)/mypy

test: setup
	$(BIN)/python -m pytest

demo: setup
	$(BIN)/python -m tests.demo $(if $(filter-out 0,$(KEEP)),--keep)

.PHONY: interop
interop: setup
	$(BIN)/python -m interop $(if $(STACK),--stack $(STACK))

.PHONY: bench
bench: setup
	$(BIN)/python -m bench

.PHONY: mutants
mutants: setup
	$(BIN)/python -m mutants $(BUGS)

.PHONY: simulate
simulate: setup
	$(BIN)/python -m tests.simulation.simulate --n $(or $(N),1000) --seed $(or $(SEED),0) \
		--storage $(or $(STORAGE),memory) --kind $(or $(KIND),all) --jobs $(or $(JOBS),1) $(if $(MORT),--mort $(MORT))

.PHONY: races
races: setup
	$(BIN)/python -m tests.live.races --rounds $(or $(ROUNDS),1000)

.PHONY: power
power: setup
	$(BIN)/python -m tests.power.cuts --n $(or $(N),10000) --seed $(or $(SEED),0) --story $(or $(STORY),all)
