# Anju 安居. `make help` says what there is.
# Everything is installed into .venv; a stamp in it says what was done, so that it is done once.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
UV := $(VENV)/uv/bin/uv
DATA ?= ../shared/data
# The first Python that is 3.11 or 3.12 and runs; name another with PYTHON=...
CANDIDATES := python3.11 python3.12 python3 python
PYTHON ?= $(shell for name in $(CANDIDATES); do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})' 2>/dev/null \
	&& echo $$name && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench docs screenshots lock clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_STAMP) ## make .venv with everything the services need

demo: $(RUN_STAMP) ## start everything with a seeded estate and play a busy day; Ctrl-C ends it
	@$(VENV)/bin/anju demo

test: $(DEV_STAMP) ## run every test; the last line counts what was skipped, and why
	@skips=$$(mktemp) && status=0; \
	ANJU_SKIPS=$$skips $(PY) -m pytest -q -n 2 tests/unit || status=1; \
	ANJU_SKIPS=$$skips $(PY) -m pytest -q --ignore=tests/unit tests || status=1; \
	rm -f $$skips; exit $$status

check: $(DEV_STAMP) ## lint, types, import rules
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(PY) -m pytest -q tests/unit/test_architecture.py

bench: $(DEV_STAMP) ## run every benchmark; DATA=folder of pictures and fingers
	@$(PY) -m scripts.bench --data $(DATA)

docs: $(DEV_STAMP) ## write the reference pages that are read off the code
	@$(PY) -m scripts.reference

screenshots: $(DEV_STAMP) ## take the pictures of the pages anew; needs a Chromium
	@$(PY) -m scripts.screenshots

lock: $(RUN_STAMP) $(UV) ## resolve requirements*.in anew
	@$(PY) -m scripts.lock --uv $(UV)

clean: ## remove .venv and every cache; the data under var stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d var ]; then echo "var holds the installation's data and stays. Remove it by hand if you mean it."; fi

# Hashes are checked for every file, nothing is built, and nothing is fetched that the lock does not name.
$(RUN_STAMP): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or 3.12 is needed: install it, or name it with make PYTHON=..."; exit 1; fi
	@echo "Installing the locked packages into $(VENV), once; this takes a minute or two."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No venv could be made. On Debian: apt install python3-venv"; exit 1; }
	@$(PIP) install -q --no-deps --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock requirements-source.lock $(RUN_STAMP)
	@echo "Installing the locked packages of tests and checks."
	@$(PIP) install -q --no-deps --require-hashes --only-binary :all: -r requirements-dev.lock
	@$(PIP) install -q --no-deps --require-hashes --no-build-isolation -r requirements-source.lock
	@touch $@

$(UV): | $(RUN_STAMP)
	@$(PY) -m venv $(VENV)/uv
	@$(VENV)/uv/bin/python -m pip install -q uv
