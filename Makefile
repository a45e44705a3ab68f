# Gradewatch. `make demo` shows it, `make test` proves it; the rest are parts of the two.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PORT   ?= 8000

.PHONY: setup check lint types floors screens demo test bench image lock clean

## The environment alone: locked Python packages, and the dashboard built.
setup: $(READY)
	@.ci/dashboard

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gradewatch needs Python 3.11 or newer: make setup PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV) || { echo "No venv module: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

## Lint, types and floors, and the screens' own; side by side, for none needs another.
check: $(READY)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target types screens lint floors

types: $(READY)
	@$(BIN)/mypy

screens: $(READY)
	@.ci/dashboard check

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

floors: $(READY)
	@$(BIN)/lint-imports --no-logo

## A simulated plant, a database, a collector, a server and a screen. Ctrl-C stops everything.
demo: setup
	@$(BIN)/gradewatch demo --port $(PORT)

## Everything that a change must pass, with a real TimescaleDB, a real browser, and servers of other makers.
# The program is started a hundred times: what was compiled once is kept, whatever is usual on this machine.
test: export PYTHONDONTWRITEBYTECODE =
test: setup check
	@.ci/chromium >/dev/null
	@.ci/timescaledb >/dev/null
	@.ci/interop >/dev/null
	@$(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

## Figures, as JSON lines. Never part of the tests.
bench: setup
	@for one in bench/bench_*.py; do $(BIN)/python -m bench.$$(basename $$one .py) || exit 1; done

## The container image, built and tried without a Docker engine.
image:
	@.ci/image

## Lock the packages again, with hashes and without an index's address; nothing is upgraded that need not be.
lock: $(READY)
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile -q pyproject.toml --extra embedded --extra build --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -o requirements.txt
	@$(BIN)/uv pip compile -q pyproject.toml --extra embedded --extra build --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -o requirements-dev.txt

clean:
	rm -rf $(VENV) build *.egg-info monitor/dashboard/node_modules monitor/dashboard/dist
