# Everything runs from a fresh clone: each target sets up what it needs.
SHELL := /bin/sh
PYTHON ?= python3

ROOT := $(CURDIR)
LOCAL := $(ROOT)/.local
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLI := $(LOCAL)/cli/bin

# The engine's own folder, state and passphrase, whatever a CLI on PATH is logged into. The
# passphrase is that of the stack `dev` alone, whose tenant is an emulator.
export PULUMI_HOME := $(LOCAL)/home
export PULUMI_BACKEND_URL := file://$(LOCAL)/state
export PULUMI_CONFIG_PASSPHRASE := emulator-only
export PULUMI_SKIP_UPDATE_CHECK := true
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION := true
export PATH := $(CLI):$(BIN):$(PATH)

PULUMI := pulumi --non-interactive --stack dev

.PHONY: up down test test-slow compat bench check docs env setup cli browser

up: setup
	@python tools/dev_tenant.py start
	@pulumi --non-interactive stack select --create dev
	@$(PULUMI) up --yes --skip-preview
	@echo "Look at the keys: $$($(PULUMI) config get zdx:apiUrl) (make down stops the emulator)"

down: setup
	@if [ -f $(LOCAL)/state/.pulumi/stacks/zdx-keys/dev.json ]; then \
	  python tools/dev_tenant.py start && \
	  $(PULUMI) destroy --yes --skip-preview && \
	  $(PULUMI) stack rm --yes --preserve-config; \
	fi
	@python tools/dev_tenant.py stop

test: $(VENV)/.sdk
	@mkdir -p $(LOCAL)/state
	@$(MAKE) -s -j 3 $(READY) cli browser
	@python -m pytest -n 2 --dist worksteal

# The fuzzers together try 0.99 times as many cases.
FUZZ_CASES ?= 102000

# All of what is long. About three hours on two cores; `docs/reliability.md` says how to take a part.
test-slow: setup
	@python -m pytest -m slow -n 4 --dist worksteal --figures=$(LOCAL)/slow.json
	@ZDX_FUZZ_CASES=$(FUZZ_CASES) python -m pytest tests/unit -k fuzz -n 4 --dist worksteal

# Both ends of the versions that pyproject.toml allows. To be run weekly and before a release.
compat: setup
	@python -m tools.compat

# Figures of the machine it runs on; reads /proc, so Linux only.
bench: setup
	@python -m benchmarks.operations
	@python benchmarks/emulator.py

check: setup
	@ruff check .
	@ruff format --check .
	@mypy
	@for program in $$(git ls-files 'examples/*__main__.py' 'policies/__main__.py'); do \
	  MYPYPATH=$$(dirname $$program) mypy $$program || exit 1; \
	done
	@lint-imports --no-cache

docs: setup
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict
	@echo "Built: .local/site/index.html"

env:
	@$(MAKE) -s setup >&2
	@for variable in PULUMI_HOME PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE \
	    PULUMI_SKIP_UPDATE_CHECK PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION; do \
	  eval "value=\$$$$variable"; echo "export $$variable='$$value'"; \
	done
	@echo "export PATH='$(CLI):$(BIN)':\"\$$PATH\""

# The CLI may have to be built, which takes minutes; the Python side installs meanwhile. Both
# need the Pulumi SDK first.
setup: $(VENV)/.sdk
	@mkdir -p $(LOCAL)/state
	@$(MAKE) -s -j 2 $(READY) cli

cli: $(VENV)/.sdk
	@$(BIN)/python tools/pulumi-cli/install.py $(LOCAL)/cli > /dev/null

browser: $(READY)
	@$(BIN)/python tools/browser/install.py > /dev/null

$(VENV)/.sdk: requirements.txt
	@echo "Setting up .venv ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.txt pulumi
	@touch $@

$(READY): $(VENV)/.sdk requirements.txt pyproject.toml
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@
