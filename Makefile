# Every command sets up what it needs first: the only things to have are make and Python 3.11 with its venv module.
.DEFAULT_GOAL := help
PORT ?= 8080
SEED ?= 7
COUNT ?= 100
# Two a core: a third of the tests waits for a time that passes.
WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
PYTHON := .venv/bin/python

.PHONY: help run test check e2e bench crash format lock clean run-env dev-env e2e-env

help:  ## list these commands
	@grep -E '^[a-z0-9-]+:.*  ## ' Makefile | sed -E 's/^([a-z0-9-]+):.*  ## /\1|/' | awk -F'|' '{printf "make %-8s %s\n", $$1, $$2}'

run: run-env  ## start the demo gateway on PORT (8080)
	@exec $(PYTHON) -m gateway demo --port $(PORT)

test: dev-env  ## run every test but the browser's, the benchmarks and the long crash runs
	@$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal --ignore tests/e2e --ignore tests/dialogs --ignore tests/bench tests

check: e2e-env  ## check format, lint, types, the rooms' contracts and the docs
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy .
	@$(PYTHON) -m pytest -q tests/architecture tests/docs

e2e: e2e-env  ## drive the console and the web chat in a real browser, and run bots on botbuilder-dialogs
	@sh requirements/dialogs.sh
	@.venv/dialogs/bin/python -m pytest -n $(WORKERS) -W ignore::SyntaxWarning tests/dialogs tests/conversations
	@sh requirements/browser.sh
	@$(PYTHON) -m pytest tests/e2e/test_npm_smpp.py
	@$(PYTHON) -m pytest --ignore tests/e2e/test_npm_smpp.py tests/e2e

bench: dev-env  ## measure against the bare limits in one run
	@$(PYTHON) -m tests.bench

crash: dev-env  ## kill the gateway COUNT times (SEED) and compare transcripts
	@$(PYTHON) -m tests.crash --seed $(SEED) --count $(COUNT)

format: dev-env  ## format the code and mend what the linter can
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

lock: dev-env  ## write the lock files anew from pyproject.toml
	@sh requirements/lock.sh

clean:  ## remove the environment and every cache
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache tests/e2e/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

run-env dev-env e2e-env:
	@sh requirements/sync.sh $(@:-env=)
