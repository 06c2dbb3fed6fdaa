# Everything a newcomer needs: make demo, make test. No root, no Docker.
PYTHON ?= python3
MARKET ?= planted
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo ui test lint types check bench docs lock clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## virtual environment with the locked dependencies

.venv/.ready: requirements.lock pyproject.toml
	@echo "setting up .venv (once, a few minutes)"
	@$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	$(BIN)/market-assets warm
	@touch $@

demo: setup ## the main job to a verdict; MARKET=planted|null|indices|path/to/bars.parquet
	$(BIN)/market-assets demo "$(MARKET)"

ui: setup ## services, Dagster UI and daemon on 127.0.0.1 until Ctrl-C
	$(BIN)/market-assets ui

test: setup ## the whole test suite
	$(BIN)/python -m pytest -n 2

lint: setup ## ruff and the import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## static types
	$(BIN)/pyright

check: lint types test ## everything CI runs

bench: setup ## the benchmarks: prints their tables
	$(BIN)/python -m benchmarks

docs: setup ## docs/features.md from the feature registry
	$(BIN)/market-assets features --markdown > docs/features.md

lock: ## resolve the newest dependencies into requirements.lock
	rm -f requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --override lock/overrides.txt --extra dev --python-version 3.11 --output-file requirements.lock pyproject.toml lock/cpu.in

clean: ## remove the environment and all state
	-$(BIN)/python -m market_assets.services stop
	rm -rf .venv .market_assets
