# dnnt: the usual errands. `make demo` and `make test` work as the first command on a machine with
# Python 3.11 and make: they set up `.venv` by themselves, from locked and hashed requirements.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# PIP_USER=0: a user-wide setting would keep pip from installing into the environment.
PIP := PIP_USER=0 $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=

.PHONY: help demo test lint bench docs lock clean
.DELETE_ON_ERROR:

help:  ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

demo: $(VENV)/core.stamp  ## a first run on real data, offline
	@$(BIN)/dnnt demo $(ARGS)

test: $(VENV)/dev.stamp  ## all tests (ARGS="-k word" for some)
	$(BIN)/python -m pytest -q -n auto $(ARGS)

lint: $(VENV)/dev.stamp  ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench.stamp  ## the benchmarks (ARGS=--quick for some minutes instead of hours)
	$(BIN)/python benchmarks/run.py $(ARGS)

docs: $(VENV)/dev.stamp  ## the documentation, into docs/_build
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

lock: $(VENV)/dev.stamp  ## renew the locked requirements (needs uv on the path)
	requirements/renew

clean:  ## remove the environment and everything built
	rm -rf $(VENV) build dist docs/_build src/*.egg-info .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache tests/.hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. Each stamp is made once, and again when what it depends on changes.

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "dnnt needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -n 1);" \
	        "name another one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { \
	    echo "$(PYTHON) cannot make virtual environments; install its venv module" \
	        "(Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@touch $@

# The lock holds the build backend too, so that the package itself installs without an isolated build.
$(VENV)/core.stamp: requirements/core.lock pyproject.toml $(VENV)/python.stamp
	@$(PIP) install --require-hashes --no-deps -r requirements/core.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# What the tests need includes what the program needs, in the same versions.
$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/core.stamp
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.lock
	@touch $@

# The rivals and the plots of the benchmarks, on top of that: `make test` does not need them.
$(VENV)/bench.stamp: requirements/bench.lock $(VENV)/dev.stamp
	@$(PIP) install --require-hashes --no-deps -r requirements/bench.lock
	@touch $@
