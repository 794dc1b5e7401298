# Each target sets up what it needs; a second run finds it done.
PYTHON ?= python3
# SCF's Python, the runtime of serverless.yml: the tests run on it, too, if it is installed.
RUNTIME := $(shell ./layers/find-python --version)
SCF_PYTHON ?= $(shell ./layers/find-python)
# Rewritten tests and copies of the handler are compiled once, where the environment forbids it as well.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run serve check generate test coverage test-runtime test-storing test-handler test-local test-others test-long soak lint layer package bench screenshot lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# what the commands need
$(VENV)/.run: requirements-run.txt requirements-uv.txt
	@$(PYTHON) terminal/environment.py $(VENV) requirements-run.txt
	@touch $@

# and the tests and linters: one step, where neither is installed
$(VENV)/.ready: requirements-dev.txt requirements-uv.txt
	@$(PYTHON) terminal/environment.py $(VENV) requirements-dev.txt
	@touch $(VENV)/.run $@

.venv-$(RUNTIME)/.ready: requirements-dev.txt requirements-uv.txt
	@$(SCF_PYTHON) terminal/environment.py .venv-$(RUNTIME) requirements-dev.txt
	@touch $@

run: $(VENV)/.run  ## run the main job on a local cloud: submit jobs, receive callbacks, store results
	@$(BIN)/python -m local run

serve: $(VENV)/.run  ## keep the local cloud running, with a page in the browser
	@$(BIN)/python -m local serve

check: $(VENV)/.run  ## examine serverless.yml and .env with the doctor, before a deployment
	@$(BIN)/python -m local check

# the output of each target at its end, where make can do that
SYNC := $(addprefix --,$(filter output-sync,$(.FEATURES)))

# T=tests/handler/decode runs a part, without lint
ifdef T
test: $(VENV)/.ready
	$(BIN)/python -m pytest $(T)
else
test: $(VENV)/.ready  ## lint, and run the tests; T=tests/handler/decode runs a part
	@$(MAKE) --no-print-directory --jobs=5 $(SYNC) lint test-storing test-handler test-local test-others
endif

# once, instead of by each process
$(VENV)/.compiled: $(VENV)/.ready
	@$(BIN)/python -m pytest --collect-only -qq > /dev/null || true
	@touch $@

# four processes of about equal time: the workers of pytest-xdist would each collect all tests
STORING := $(addprefix tests/handler/,cloud commands results)
test-storing: PART := $(STORING)
test-handler: PART := tests/handler $(addprefix --ignore=,$(STORING))
test-local: PART := tests/local
test-others: PART := tests $(addprefix --ignore=tests/,handler local long)
test-storing test-handler test-local test-others: $(VENV)/.compiled
	$(BIN)/python -m pytest -q -m "not long" $(PART)

# apart from `make test`: tracing doubles the time of each test
coverage: $(VENV)/.compiled  ## measure the coverage of the function by its own tests
	$(BIN)/python -m pytest -n auto --dist worksteal --ignore=tests/long -q -m "not long" tests/handler --cov

# what ships runs on it; local/ does not ship
test-runtime:  ## run the tests on SCF's Python, the runtime of serverless.yml
	@[ -n "$(SCF_PYTHON)" ] || { echo 'error: no Python $(RUNTIME) found: "make layer" installs it with uv; or set SCF_PYTHON to its path' >&2; exit 2; }
	@$(MAKE) --no-print-directory .venv-$(RUNTIME)/.ready
	.venv-$(RUNTIME)/bin/python -m pytest -n auto --dist worksteal --ignore=tests/long -q -m "not long" --ignore=tests/local

test-py$(subst .,,$(RUNTIME)): test-runtime

test-long: $(VENV)/.compiled  ## run the long tests: interleavings of faults, kill -9, mutants of the handler
	$(BIN)/python -m pytest -n auto --dist worksteal -m long

soak: $(VENV)/.run  ## send callbacks for 10,000 results with faults, then for 1,000 in chaos, and check every byte
	@$(BIN)/python -m local soak; first=$$?; $(BIN)/python -m local soak --chaos && exit $$first

lint: $(VENV)/.ready  ## check style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=handler $(BIN)/lint-imports --no-cache --no-logo

generate: $(VENV)/.run  ## regenerate shapes, schemas, types, events and docs from ci_callback_results/ and the settings
	@$(BIN)/python -m models

layer: $(VENV)/.run  ## build the dependency layer in layers/build
	@$(BIN)/python -m layers.build

package: $(VENV)/.run  ## write function.zip, layer.zip, ci_callback_results and their checksums to dist/
	@$(BIN)/python -m deploy.package

# BENCH=--quick takes seconds, BENCH="cold init" runs two questions, BENCH=--check fails if a threshold is exceeded
bench: $(VENV)/.ready  ## measure cost and speed, into bench/results
	@$(BIN)/python -m bench $(BENCH)

screenshot: $(VENV)/.ready  ## take the README's picture of the page with an installed Chromium
	@PYTHONPATH=. $(BIN)/python tests/support/screenshot.py

LOCK = uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.10
lock: $(VENV)/.ready  ## lock requirements*.in with hashes
	$(BIN)/$(LOCK) requirements.in -o requirements.txt
	$(BIN)/$(LOCK) requirements-run.in -o requirements-run.txt
	$(BIN)/$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(BIN)/$(LOCK) requirements-uv.in -o requirements-uv.txt

clean:  ## remove everything that make created
	rm -rf .venv .venv-3* .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* layers/build layers/.build layers/*.zip bench/.build dist
