# Every target makes .venv by itself: with uv when it is there, else with python3 -m venv and pip.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLIENTS := 0.36 1 2
# Tests that start servers: what they import alone would cost `make check` several seconds.
SERVERS := hub store worker

EVERYDAY := --extra eval --extra parquet --extra hub

.PHONY: env demo hub exemplar test check clients engines bench golden ci-full lock clean
.DEFAULT_GOAL := demo

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Assay needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) …" >&2
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	    uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt && \
	    uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	    $(PYTHON) -m venv $(VENV) && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

env: $(READY) ## every extra but the heavy engines

demo: $(READY) ## the story in three minutes, one Enter per step
	@$(BIN)/assay demo $(if $(YES),--yes)

hub: $(READY) ## a hub with example content on http://127.0.0.1:8000, in the folder .hub
	@$(BIN)/assay serve .hub --examples

exemplar: $(READY) ## a tiny model of which everything is open, trained on the spot into the folder .exemplar
	@$(BIN)/assay exemplar .exemplar

clients: $(CLIENTS:%=.clients/%/.ready) ## the published clients that tests drive, each in an environment of its own

.clients/%/.ready: requirements/client-%.txt
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) .clients/$* && \
	    uv pip install --quiet --python .clients/$*/bin/python --require-hashes -r $< ; \
	else \
	    $(PYTHON) -m venv .clients/$* && \
	    .clients/$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< ; \
	fi
	@touch $@

engines: .engines/.ready ## the engines that can carry a run, in an environment beside: some 1.2 GB

# Without hashes: pip takes none for requirements that others name with extras, as these do.
.engines/.ready: requirements/engines.txt
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) .engines && \
	    uv pip install --quiet --python .engines/bin/python -r $< ; \
	else \
	    $(PYTHON) -m venv .engines && \
	    .engines/bin/python -m pip install --quiet --disable-pip-version-check -r $< ; \
	fi
	@touch $@

test: $(READY) ## all tests
	@$(BIN)/python -m pytest -n auto

check: $(READY) ## format, lint, types, layers, fast tests, docs; under a minute
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said" >&2; exit 1; }
	@$(BIN)/python -m pytest -n auto -m 'not slow' $(SERVERS:%=--ignore=tests/%)

bench: $(READY) ## every benchmark; writes docs/reference/benchmarks.md
	@$(BIN)/python bench/all.py

golden: $(READY) ## rewrites golden files and generated pages; read the diff
	@$(BIN)/python docs/generate.py
	@ASSAY_GOLDEN=rewrite $(BIN)/python -m pytest -m 'not slow' || true
	@git --no-pager diff --stat

ci-full: check test bench ## everything, slow parts too

lock: ## new hash-locked requirements (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(EVERYDAY) --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(EVERYDAY) pyproject.toml -o requirements/runtime.txt
	printf '%s\n' inspect_ai==0.3.285 lm_eval==0.4.13 | uv pip compile --quiet --universal --python-version 3.11 \
	    --no-annotate --no-emit-index-url --no-header pyproject.toml --extra eval - -o requirements/engines.txt
	for client in "0.36 huggingface_hub==0.36.2" "1 huggingface_hub==1.33.0" "2 huggingface_hub==2.4.0 transformers datasets"; do \
	    set -- $$client; name=$$1; shift; printf '%s\n' "$$@" | uv pip compile --quiet --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header - -o requirements/client-$$name.txt; done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
