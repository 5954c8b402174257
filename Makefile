# make demo runs the main job; make test passes the tests. Both set up what they need, once, in .venv.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.set-up
PAGE := src/semeia/web/static/index.html
MODULES := frontend/node_modules/.package-lock.json
SIDE_BY_SIDE := --numprocesses auto --dist loadfile
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export SEMEIA_DATA ?= $(abspath ../shared/data)

.PHONY: demo test test-fast test-long lint bench docs pictures setup page clean

demo: setup
	$(BIN)/semeia demo

# A test that drives browsers, servers and workers may fail because the machine was busy: it is tried once more, and said.
test: setup
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not alone"
	$(BIN)/pytest --numprocesses 2 --dist loadfile --reruns 1 -m alone

test-fast: setup
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not slow and not alone"

test-long: export SEMEIA_LONG = 1
test-long: test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SEMEIA_HOME=$(abspath .mypy_cache/home) $(BIN)/mypy

bench: setup
	$(BIN)/python benchmarks/run.py

# The site: build/site/index.html. A link that leads nowhere is an error (with --quiet it would not be).
docs: export NO_MKDOCS_2_WARNING = 1
docs: setup
	$(BIN)/mkdocs build --strict

# The pictures of the documentation, drawn from the page as it is.
pictures: setup
	$(BIN)/python docs/pictures.py

setup: $(SETUP) $(PAGE)

page: $(PAGE)

$(SETUP): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Semeia needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --constraint constraints.txt --editable ".[dev]"
	@touch $@

$(PAGE): $(MODULES) $(shell find frontend -name node_modules -prune -o -type f -print)
	@echo "Building the page ..."
	@cd frontend && npm run --silent build -- --logLevel warn

$(MODULES): frontend/package.json frontend/package-lock.json frontend/.npmrc
	@command -v npm > /dev/null || { echo "The page is built with Node 20 or newer and npm: install them first"; exit 1; }
	@echo "Fetching what the page is built with (once) ..."
	@cd frontend && npm ci --silent
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis frontend/node_modules src/semeia/web/static
