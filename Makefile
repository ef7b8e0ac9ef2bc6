# Everything runs from a fresh clone: each target sets up what it needs.
SHELL := /bin/sh
PYTHON ?= python3

ROOT := $(CURDIR)
LOCAL := $(ROOT)/.local
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLI := $(LOCAL)/cli/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check

# The engine's own folder, state and passphrase, whatever a CLI on PATH is logged into. The
# passphrase is that of the stack `dev` alone, whose tenant is an emulator.
export PULUMI_HOME := $(LOCAL)/home
export PULUMI_BACKEND_URL := file://$(LOCAL)/state
export PULUMI_CONFIG_PASSPHRASE := emulator-only
export PULUMI_SKIP_UPDATE_CHECK := true
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION := true
# The certificates that pip accepts, for example those of a proxy that inspects TLS.
export UV_SYSTEM_CERTS := true
export PATH := $(CLI):$(BIN):$(PATH)

PULUMI := pulumi --non-interactive --stack dev

.PHONY: help up down test test-slow compat bench check audit docs env dist lock setup cli browser

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/\1:\2/p' $(MAKEFILE_LIST) | sed 's/\$$\$$/$$/' | \
	  awk -F: '{ target = $$1; sub(/[^:]*:/, ""); printf "make %-10s %s\n", target, $$0 }'

up: setup ## start the emulator and create the keys of the stack dev
	@python tools/dev_tenant.py start
	@pulumi --non-interactive stack select --create dev
	@$(PULUMI) up --yes --skip-preview
	@echo "Look at the keys: $$($(PULUMI) config get zdx:apiUrl) (make down stops the emulator)"

down: setup ## delete these keys and stop the emulator
	@if [ -f $(LOCAL)/state/.pulumi/stacks/zdx-keys/dev.json ]; then \
	  python tools/dev_tenant.py start && \
	  $(PULUMI) destroy --yes --skip-preview && \
	  $(PULUMI) stack rm --yes --preserve-config; \
	fi
	@python tools/dev_tenant.py stop

test: $(VENV)/.sdk ## run all tests except the slow ones
	@mkdir -p $(LOCAL)/state
	@$(MAKE) -s -j 3 $(READY) cli browser
	@python -m pytest -n 2 --dist worksteal

# The fuzzers together try 0.97 times as many cases.
FUZZ_CASES ?= 104000

# All of what is long. About three hours on two cores; `docs/reliability.md` says how to take a part.
test-slow: setup ## run the slow tests, which take some hours on two cores
	@python -m pytest -m slow -n 4 --dist worksteal --figures=$(LOCAL)/slow.json
	@ZDX_FUZZ_CASES=$(FUZZ_CASES) python -m pytest tests/unit -k fuzz -n 4 --dist worksteal

# Both ends of the versions that pyproject.toml allows. To be run weekly and before a release.
compat: setup ## run tests with the lowest and the newest versions of the dependencies
	@python -m tools.compat

# Figures of the machine it runs on; reads /proc, so Linux only.
bench: setup ## measure each operation beside a plain provider, and the emulator's speed
	@python -m benchmarks.operations
	@python benchmarks/emulator.py

ACTIONLINT := $(LOCAL)/actionlint/actionlint

check: setup $(ACTIONLINT) ## check style, formatting, types, imports and workflows
	@ruff check .
	@ruff format --check .
	@mypy
	@for program in $$(git ls-files '*/__main__.py' ':!zdx_*'); do \
	  MYPYPATH=$$(dirname $$program) mypy $$program || exit 1; \
	done
	@python -m pytest -qq -m slow -k test_python_blocks_pass_mypy tests/e2e/test_documents.py
	@lint-imports --no-cache
	@zizmor --offline --quiet --persona=pedantic .
	@zizmor --offline --quiet examples/pipeline
	@$(ACTIONLINT) -shellcheck= -pyflakes= $$(git ls-files '*.github/workflows/*.yml')

$(ACTIONLINT): tools/actionlint/go.sum | $(READY)
	@PYTHONPATH=tools/pulumi-cli $(BIN)/python tools/actionlint/install.py $(@D)
	@touch $@

# Exit status 1 of the tool is a finding; 2 is a service that did not respond.
audit: setup ## ask the package index for known vulnerabilities in the pins
	@python -m tools.audit

docs: setup ## build the documentation as a site in .local/site
	@python -m tools.pictures
	@python -m tools.reference
	@python -m tools.site_pages
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict
	@echo "Built: .local/site/index.html"

env: ## print what puts the CLI and its settings into a shell: eval "$$(make -s env)"
	@$(MAKE) -s setup >&2
	@for variable in PULUMI_HOME PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE \
	    PULUMI_SKIP_UPDATE_CHECK PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION; do \
	  eval "value=\$$$$variable"; echo "export $$variable='$$value'"; \
	done
	@echo "export PATH='$(CLI):$(BIN)':\"\$$PATH\""

dist: setup ## build and check what a release publishes, in .local/dist
	@python -m tools.dist

# Pins stay as they are where they can; `make lock LOCK=--upgrade` takes the newest versions.
COMPILE = uv pip compile --quiet --universal --python-version 3.10 --no-emit-index-url \
  --no-header --no-annotate $(LOCK)

# All that this repository uses, what `zdx-provider` uses, and the same for pip beside a folder,
# which has no hash.
lock: setup ## write the pins of all dependencies
	@$(COMPILE) --generate-hashes --group dev pyproject.toml packages/emulator/pyproject.toml \
	  -o requirements.txt
	@$(COMPILE) --generate-hashes -c requirements.txt pyproject.toml -o requirements-runtime.txt
	@$(COMPILE) -c requirements.txt pyproject.toml -o zdx_component/constraints.txt

# The CLI may have to be built, which takes minutes; the Python side installs meanwhile. Both
# need the Pulumi SDK first.
setup: $(VENV)/.sdk ## install everything into .venv and .local
	@mkdir -p $(LOCAL)/state
	@$(MAKE) -s -j 2 $(READY) cli

cli: $(VENV)/.sdk ## install the Pulumi CLI into .local/cli
	@$(BIN)/python tools/pulumi-cli/install.py $(LOCAL)/cli > /dev/null

browser: $(READY) ## install the browser for the tests and the pictures
	@$(BIN)/python tools/browser/install.py > /dev/null

$(VENV)/.sdk: requirements-runtime.txt
	@echo "Setting up .venv ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements-runtime.txt
	@touch $@

$(READY): $(VENV)/.sdk requirements.txt pyproject.toml packages/emulator/pyproject.toml
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e . -e packages/emulator
	@touch $@
