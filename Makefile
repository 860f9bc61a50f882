# Everything here sets itself up: a machine with Python 3.11 (or newer) and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
XDIST ?= -n 2 --dist loadscope

.PHONY: help demo test check bench lock docs clean

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/.core  ## run the plan against frozen-2021, print its scorecard, write output/plan/
	$(BIN)/haihe run plan --against frozen-2021 -o output/plan

test: $(VENV)/.dev   ## all tests
	$(BIN)/python -m pytest $(XDIST) $(TESTS)

check: $(VENV)/.dev  ## lint, format, types, layers, and the model's own linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/haihe model check

bench: $(VENV)/.dev  ## ratios against peers, measured side by side
	$(BIN)/python -m benchmarks

docs: $(VENV)/.core  ## regenerate the reference pages and the editor schema
	$(BIN)/python -m haihe.cli.reference

lock:            ## pin every dependency with hashes, for every platform (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header -q --extra build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header -q --extra build --extra dev -c requirements.lock pyproject.toml \
	  -o requirements-dev.lock

clean:           ## remove the environment and all output
	rm -rf $(VENV) output

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "haihe needs Python 3.11 or newer; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.core
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
