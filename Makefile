# make demo runs the main job; make test passes the tests. Both set up what they need, once, in .venv.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.set-up
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export SEMEIA_DATA ?= $(abspath ../shared/data)

.PHONY: demo test test-fast test-long lint bench setup clean

demo: setup
	$(BIN)/semeia demo

test: setup
	$(BIN)/pytest

test-fast: setup
	$(BIN)/pytest -m "not slow"

test-long: setup
	SEMEIA_LONG=1 $(BIN)/pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python benchmarks/run.py

setup: $(SETUP)

$(SETUP): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Semeia needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --constraint constraints.txt --editable ".[dev]"
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
