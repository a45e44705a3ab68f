# Gradewatch. `make demo` shows it, `make test` proves it; the rest are parts of the two.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PORT   ?= 8000

.PHONY: setup packages dashboard fonts check lint types floors screens imports programs demo test bench image lock clean

## The environment alone: locked Python packages, the dashboard built, and the font of the reports made.
setup: dashboard fonts

# npm needs nothing of Python's, unless it is Python's packages that bring node.
packages: $(shell .ci/dashboard node || echo $(READY))
	@.ci/dashboard packages

dashboard: $(READY) packages
	@.ci/dashboard

fonts: $(READY) packages
	@$(BIN)/python .ci/fonts

# Nothing is compiled beforehand: of what is installed a tenth is ever run, and that is compiled once it is. The lock names
# all that is needed, which `pip check` holds: so nothing is looked for.
$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gradewatch needs Python 3.11 or newer: make setup PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV) || { echo "No venv module: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/pip check --quiet --disable-pip-version-check
	@touch $@

CHECKS := types imports screens lint floors
BESIDE := $(MAKE) --no-print-directory --jobs 2 --output-sync=target

## Lint, types and floors, and the screens' own; side by side, for none needs another.
check:
	@$(BESIDE) $(CHECKS)

types: $(READY)
	@$(BIN)/mypy

screens: $(READY) packages
	@.ci/dashboard check

# Every test can be imported; and what they import is compiled here once, instead of by each of the workers at the same time.
imports: $(READY)
	@told=$$($(BIN)/pytest --collect-only --quiet --quiet) || { echo "$$told"; exit 1; }

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

floors: $(READY)
	@$(BIN)/lint-imports --no-logo

## A simulated plant, a database, a collector, a server and a screen. Ctrl-C stops everything.
demo: setup
	@$(BIN)/gradewatch demo --port $(PORT)

## Everything that a change must pass, with a real TimescaleDB, a real browser, servers of other makers, and a PDF reader.
# The program is started a hundred times: what was compiled once is kept, whatever is usual on this machine.
test: export PYTHONDONTWRITEBYTECODE =
test:
	@$(BESIDE) $(CHECKS) setup programs
	@$(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

# One after the other: Debian's installer lets no other in. The last takes npm, from wherever it is.
programs: packages
	@.ci/chromium >/dev/null
	@.ci/poppler
	@.ci/timescaledb >/dev/null
	@.ci/interop >/dev/null

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
	rm -rf $(VENV) build *.egg-info monitor/dashboard/node_modules monitor/dashboard/dist monitor/records/report/fonts
