# Every habit is one word. Each target does its own set-up; a second run finds it done.
PYTHON ?= python3
# SCF runs Python 3.10: where it is installed the tests run on it too.
PYTHON310 ?= $(shell ./layers/find-python310)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run serve generate test test-py310 test-long soak lint layer bench screenshot lock clean
.DEFAULT_GOAL := help

help:  ## what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 19

$(VENV)/.ready: requirements-dev.txt
	$(call environment,$(PYTHON),$(VENV))

.venv310/.ready: requirements-dev.txt
	$(call environment,$(PYTHON310),.venv310)

# $(call environment,<python>,<folder>): a virtual environment with the pinned development requirements; on a terminal
# pip shows how far it is
define environment
@$(1) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("Python 3.10 or newer is needed: set PYTHON to its path")'
@echo "setting up $(2), once: $$(grep -c == requirements-dev.txt) packages, as requirements-dev.txt pins them"
@$(1) -m venv --clear $(2)
@$(2)/bin/python -m pip install $$(test -t 1 || echo --quiet) --disable-pip-version-check --require-hashes -r requirements-dev.txt
@touch $(2)/.ready
endef

run: $(VENV)/.ready  ## the main job on your machine: jobs submitted, callbacks in, result objects out
	@$(BIN)/python -m local run

serve: $(VENV)/.ready  ## keep the local cloud up and say where to POST
	@$(BIN)/python -m local serve

generate: $(VENV)/.ready  ## write anew what is made from models/ and the settings: shapes, schemas, events/tags, parts of docs/
	@$(BIN)/python -m models

lint: $(VENV)/.ready  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=handler $(BIN)/lint-imports --no-cache --no-logo

layer: $(VENV)/.ready  ## build layers/build, the dependency layer as SCF gets it
	@$(BIN)/python -m layers.build

test: lint  ## lint, types, and the tests with coverage
	$(BIN)/python -m pytest -n auto -m "not long" --cov

# what ships runs on 3.10; local/ does not ship
test-py310:  ## the tests on Python 3.10, the runtime of SCF, where it is installed
ifeq ($(PYTHON310),)
	@echo "no Python 3.10 found: set PYTHON310 to its path"
else
	@$(MAKE) --no-print-directory .venv310/.ready
	.venv310/bin/python -m pytest -n auto -q -m "not long" --ignore=tests/local
endif

test-long: $(VENV)/.ready  ## the long tests: every interleaving of faults, kill -9, and that each mutant of the handler is caught
	$(BIN)/python -m pytest -n auto -m long

soak: $(VENV)/.ready  ## 10,000 callbacks where little works, then one sweep: every byte must be right, a few minutes
	@$(BIN)/python -m local soak

# BENCH=--quick takes seconds, BENCH="cold init" two questions of all, BENCH=--check fails where a threshold is exceeded
bench: $(VENV)/.ready  ## what it costs, beside others that do the same; figures into bench/results
	@$(BIN)/python -m bench $(BENCH)

screenshot: $(VENV)/.ready  ## the picture of the page in the README, by a Chromium that is installed
	@PYTHONPATH=. $(BIN)/python tests/support/screenshot.py

lock: $(VENV)/.ready  ## pin and hash requirements*.in anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.10 \
		requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.10 \
		requirements-dev.in -o requirements-dev.txt

clean:  ## remove everything made here
	rm -rf .venv .venv310 .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* layers/build layers/.build layers/*.zip bench/.build
