# `make demo` tries the whole machine without a key; `make test` runs every test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-project
AXE := axe-core-4.14.1
UNSLOTH := unsloth==2026.10.9 unsloth_zoo==2026.10.9

.PHONY: help demo test install install-dev train-setup browser database lint types check bench clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# The stamps hold what was installed, so that a changed pyproject.toml installs again.
$(VENV)/.base: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# The tests of the desk skip, and say so, without either of these.
$(VENV)/axe.min.js: | $(VENV)/.base
	-npm pack --silent --pack-destination $(VENV) $(subst core-,core@,$(AXE)) >/dev/null && \
		tar -xzf $(VENV)/$(AXE).tgz -C $(VENV) --strip-components=1 package/axe.min.js

browser: $(VENV)/axe.min.js ## a browser and axe-core, for the tests of the desk
	-command -v chromium >/dev/null || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && apt-get install -qq -y chromium; } >/dev/null

database: ## PostgreSQL's server, for the tests of the memory; without it those skip and say so
	-ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || \
		! command -v apt-get >/dev/null || \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql; } >/dev/null

install: $(VENV)/.base ## the program alone
install-dev: $(VENV)/.dev ## the program and what its tests need

# Unsloth comes without its own dependencies: docs/training.md says why.
$(VENV)/.train: pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[train$(shell command -v nvidia-smi >/dev/null && echo ,train-gpu)]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(UNSLOTH)
	touch $@

train-setup: $(VENV)/.train ## what `inscape train` needs, on a CPU or with a GPU

demo: $(VENV)/.base ## a dataset of 15 examples from the bundled novel, with rehearsal models
	$(BIN)/inscape --project $(DEMO) run examples/lamp-and-scale.pdf --target 15 \
		--teacher rehearsal --critic rehearsal

test: $(VENV)/.dev browser database ## all tests
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

check: lint types ## lint and types

bench: $(VENV)/.dev ## quick figures: ranking, throughput, memory, desk, kills, growth, costs; docs/benchmarks-*.md has the long ones
	$(BIN)/python -m bench.ranking examples/lamp-and-scale.pdf --rich examples/rich.jsonl
	$(BIN)/python bench/throughput.py --examples 60 --rounds 1
	$(BIN)/python -m bench.memory_scale --size 5000
	$(BIN)/python -m bench.desk_latency --size 2000 --times 10
	$(BIN)/python -m bench.kills --kills 5
	$(BIN)/python -m bench.growth --sizes 100 --more 60
	$(BIN)/python -m bench.costs --examples 20

clean: ## remove what was made here
	rm -rf $(VENV) $(DEMO) build *.egg-info
