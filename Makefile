# Each target sets up what it needs; a second run finds it done.
PYTHON ?= python3
# SCF runs Python 3.10: the tests run on it, too, if it is installed.
PYTHON310 ?= $(shell ./layers/find-python310)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run serve generate test all-tests coverage test-py310 test-long soak lint layer package bench screenshot lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 19

$(VENV)/.ready: requirements-dev.txt requirements-uv.txt
	$(call environment,$(PYTHON),$(VENV))

.venv310/.ready: requirements-dev.txt requirements-uv.txt
	$(call environment,$(PYTHON310),.venv310)

# $(call environment,<python>,<folder>): a virtual environment with the locked requirements. uv installs them in seconds,
# from the package index that pip is configured for; pip installs them where uv has no wheel.
define environment
@$(1) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("Python 3.10 or newer is needed: set PYTHON to its path")'
@echo "setting up $(2) with the $$(grep -c == requirements-dev.txt) packages of requirements-dev.txt"
@$(1) -m venv --clear $(2)
@quiet=$$(test -t 1 || echo --quiet); python=$(2)/bin/python; export PIP_DISABLE_PIP_VERSION_CHECK=1; \
if $$python -m pip install --quiet --only-binary :all: --require-hashes -r requirements-uv.txt; then \
	index=$$($$python -m pip config get global.index-url 2>/dev/null); \
	$(2)/bin/uv pip install $$quiet $${index:+--default-index $$index} --python $$python --require-hashes -r requirements-dev.txt; \
else \
	$$python -m pip install $$quiet --require-hashes -r requirements-dev.txt; \
fi
@touch $(2)/.ready
endef

run: $(VENV)/.ready  ## run the main job on a local cloud: submit jobs, receive callbacks, store results
	@$(BIN)/python -m local run

serve: $(VENV)/.ready  ## keep the local cloud running, with a page in the browser
	@$(BIN)/python -m local serve

# T=tests/handler/decode runs a part, without lint
ifdef T
test: $(VENV)/.ready
	$(BIN)/python -m pytest $(T)
else
test: $(VENV)/.ready  ## lint, and run the tests; T=tests/handler/decode runs a part
	@$(MAKE) --no-print-directory --jobs=2 lint all-tests
endif

all-tests: $(VENV)/.ready
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not long"

# apart from `make test`: tracing doubles the time of each test
coverage: $(VENV)/.ready  ## measure the coverage of the function by its own tests
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not long" tests/handler --cov

# what ships runs on 3.10; local/ does not ship
test-py310:  ## run the tests on Python 3.10, the runtime of SCF
ifeq ($(PYTHON310),)
	@echo "no Python 3.10 found: set PYTHON310 to its path"
else
	@$(MAKE) --no-print-directory .venv310/.ready
	.venv310/bin/python -m pytest -n auto --dist worksteal -q -m "not long" --ignore=tests/local
endif

test-long: $(VENV)/.ready  ## run the long tests: interleavings of faults, kill -9, mutants of the handler
	$(BIN)/python -m pytest -n auto --dist worksteal -m long

soak: $(VENV)/.ready  ## send callbacks for 10,000 results with faults, then for 1,000 in chaos, and check every byte
	@$(BIN)/python -m local soak; first=$$?; $(BIN)/python -m local soak --chaos && exit $$first

lint: $(VENV)/.ready  ## check style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=handler $(BIN)/lint-imports --no-cache --no-logo

generate: $(VENV)/.ready  ## regenerate shapes, schemas, types, events and docs from ci_callback_results/ and the settings
	@$(BIN)/python -m models

layer: $(VENV)/.ready  ## build the dependency layer in layers/build
	@$(BIN)/python -m layers.build

package: $(VENV)/.ready  ## write function.zip, layer.zip, ci_callback_results and their checksums to dist/
	@$(BIN)/python -m deploy.package

# BENCH=--quick takes seconds, BENCH="cold init" runs two questions, BENCH=--check fails if a threshold is exceeded
bench: $(VENV)/.ready  ## measure cost and speed, into bench/results
	@$(BIN)/python -m bench $(BENCH)

screenshot: $(VENV)/.ready  ## take the README's picture of the page with an installed Chromium
	@PYTHONPATH=. $(BIN)/python tests/support/screenshot.py

LOCK = uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.10
lock: $(VENV)/.ready  ## lock requirements*.in with hashes
	$(BIN)/$(LOCK) requirements.in -o requirements.txt
	$(BIN)/$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(BIN)/$(LOCK) requirements-uv.in -o requirements-uv.txt

clean:  ## remove everything that make created
	rm -rf .venv .venv310 .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* layers/build layers/.build layers/*.zip bench/.build dist
