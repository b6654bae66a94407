# Everything happens in .venv; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-versions check-fast chaos bench bench-media simulate migration settings \
	permissions privacy pictures samples format lock audit image sbom clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Install everything into .venv, from hash-pinned locks

$(VENV)/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Restyle needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

demo: setup ## Run the whole main job with no account (ARGS=--headless: without a browser)
	$(BIN)/python -m sandbox demo $(ARGS)

run: setup ## Run the bot on the real Discord and CometAPI, with the settings in .env
	$(BIN)/python -m bot $(ARGS)

# Processes that read a stranger's clip start by the hundred and may write no bytecode; so it is written
# here, as the image does, and for once also where PYTHONDONTWRITEBYTECODE is set.
test: setup ## Run every check: format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m compileall -q bot cogs sandbox bench
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check-fast: setup ## Run in under a minute what needs no database, Discord or clip: the inner loop
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(PURE_TESTS) $(ARGS)

# What the pure rooms of bot/ promise, and what holds for the whole tree.
PURE_TESTS := $(wildcard tests/test_*.py tests/domain tests/requests tests/policy tests/texts)

# Those of them that are here; each gets an environment of its own below build/.
VERSIONS ?= 3.11 3.12 3.13 3.14

test-versions: ## Run the pure tests on every installed Python (VERSIONS=3.13: on that one)
	@for version in $(VERSIONS); do \
		"python$$version" -c "" 2>/dev/null || { echo "Python $$version is not here"; continue; }; \
		echo "Python $$version"; place=build/python$$version; \
		test -x $$place/bin/python || "python$$version" -m venv $$place || exit 1; \
		$$place/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
			-r requirements/dev.txt || exit 1; \
		$$place/bin/python -m pytest -q -p no:cacheprovider $(PURE_TESTS) $(ARGS) || exit 1; \
	done

chaos: setup ## Kill, freeze and cut off the engine; count charges and answers (docs/chaos.md)
	$(BIN)/python -m bench.chaos $(or $(ARGS),--write docs/chaos.md)

bench: setup ## Measure what people wait for, and the engine beside other ways to poll (docs/benchmarks.md)
	$(BIN)/python -m bench.engine $(or $(ARGS),--write docs/benchmarks.md)

bench-media: setup ## Measure preparing clips beside plain ffmpeg (docs/media.md)
	$(BIN)/python -m bench.media $(or $(ARGS),--write docs/media.md)

simulate: setup ## Predict which limit is reached at which size (docs/scale.md)
	$(BIN)/python -m bench.simulate $(or $(ARGS),--write docs/scale.md)

migration: setup ## Write a migration from what differs in the tables (NAME=what_changes)
	@test -n "$(NAME)" || { echo 'Say what changes: make migration NAME=keep_the_note'; exit 1; }
	@rm -rf build/migration
	DATABASE_URL=sqlite:///build/migration/restyle.db $(BIN)/alembic upgrade head
	DATABASE_URL=sqlite:///build/migration/restyle.db $(BIN)/alembic revision --autogenerate -m "$(NAME)"

settings: setup ## Write the README's table of settings and .env.example from the code's one list
	$(BIN)/python -c 'from sandbox.settings_pages import write; write()'

permissions: setup ## Write who may do what from the code's one table (docs/permissions.md)
	$(BIN)/python -c 'from bot.texts.permission import page; print(page(), end="")' > docs/permissions.md

privacy: setup ## Write what is kept about people from the code's one table (docs/privacy.md)
	$(BIN)/python -c 'from pathlib import Path; from bot.texts.kept_data import page_with_table as t; \
		p = Path("docs/privacy.md"); p.write_text(t(p.read_text("utf-8")), "utf-8")'

pictures: setup ## Take the pictures in docs/images; needs Chromium (ARGS=review: only that one)
	$(BIN)/python -m sandbox pictures $(ARGS)

samples: setup ## Draw the pictures of the built-in looks (cogs/looks/samples) with the local stand-in
	$(BIN)/python -c 'from sandbox.look_samples import write; write()'

format: setup ## Format the code and sort its imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --select I .

lock: ## Make the locks again from pyproject.toml
	@test -x build/lock/bin/uv || { $(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv; }
	build/lock/bin/uv pip compile $(LOCK) pyproject.toml --extra postgres -o requirements/run.txt
	build/lock/bin/uv pip compile $(LOCK) pyproject.toml --extra postgres --extra sentry -c requirements/run.txt -o requirements/sentry.txt
	build/lock/bin/uv pip compile $(LOCK) pyproject.toml --extra dev -c requirements/run.txt -o requirements/dev.txt

# The locks are complete, so pip resolves nothing (--no-deps): it would refuse PyAV for SimCord's sake,
# where pyproject.toml overrides it. The locks name no download host, so they install from whichever index pip is set up for. Extras are
# written out, because older versions of pip do not see that coverage pins coverage[toml] too.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-strip-extras --no-annotate --custom-compile-command "make lock"

audit: setup ## Look for known vulnerabilities in what is locked (SECURITY.md)
	$(BIN)/python -m pytest -q tests/test_locks.py
	$(BIN)/python .ci/audit.py

# docker, or what else is here.
BUILDER ?= $(or $(firstword $(notdir $(shell command -v docker buildah podman 2>/dev/null))),docker)
IMAGE ?= restyle
# Without it buildah and podman leave the health check out.
FORMAT := $(if $(filter buildah podman,$(notdir $(BUILDER))),--format docker)

image: ## Build the image (BUILDER=buildah, IMAGE=name:tag, ARGS=--build-arg=BASE=… for a digest)
	$(BUILDER) build $(FORMAT) --tag $(IMAGE) \
		--build-arg VERSION=$$($(PYTHON) -c 'import bot; print(bot.__version__)') \
		--build-arg REVISION=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) $(ARGS) .

sbom: setup ## Write what the image is made of into build/restyle.cdx.json (CycloneDX)
	$(BIN)/python .ci/sbom.py $(ARGS)

clean: ## Remove what the targets above made (not the data folder)
	rm -rf $(VENV) build demo-output .mypy_cache .pytest_cache .ruff_cache
