# 'make help' lists what there is. Nothing but Python 3.11 and make is needed.

HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT
# Images of containers set it for good; here some ten processes would compile all of it at each start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
UV := $(PY) -m uv
INSTALL := $(UV) pip install --quiet --compile-bytecode --require-hashes --python $(PY)
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
# Building needs no engine, but the settings want an address of each; that nobody answers there is no news.
BUILDING := DATABASE_URL=postgres://build/build REDIS_URL=redis://build RTM_BROKER_URL=mqtt://build \
	SECRET_KEY=only-for-building-nothing-is-signed-with-it FIELD_KEYS=k1:only-for-building \
	DATA_DIR=build/data LOG_LEVEL=ERROR
SOURCES := $(wildcard static/*) $(wildcard static/*/*) $(wildcard static/*/*/*)
WORKERS ?= 3
# Doubles of the providers, where only this machine can reach them: people try the platform so.
SANDBOX ?= $(if $(filter-out 0,$(HTTPS))$(PUBLIC_URL)$(filter-out 127.0.0.1 localhost,$(HOST)),0,1)

.PHONY: help run test sweep bench bench-large chaos distributed upgrade lint format types lock check wheel clean
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: build/.static ## Start everything at http://HOST:PORT (DATA_DIR chooses the data folder; SANDBOX=0: the real providers)
	@exec env SANDBOX=$(SANDBOX) $(PY) manage.py up

test: .venv/.test node_modules/.dev build/.static ## Run every test, browser tests included, with samples of the sweep
	@$(PY) -m tests.debian
	@$(PY) deploy/make/tests.py -n $(WORKERS) --dist loadgroup $(ARGS)

sweep: .venv/.test node_modules/.dev build/.static ## Try everything there is: each page in each look, each role, each secret, kill -9
	@$(PY) -m tests.debian
	@$(PY) deploy/make/tests.py --sweep -n $(WORKERS) --dist loadgroup $(ARGS)

bench: build/.static ## Measure the broker alone and the gateway end to end
	@$(PY) tests/run.py bench

bench-large: build/.static ## As bench, with 5 million numbers in stock, and again on a log of 10 million messages while old weeks go
	@BENCH_STOCK=$${BENCH_STOCK:-5000000} BENCH_LOG=$${BENCH_LOG:-10000000} $(PY) tests/run.py bench

chaos: build/.static ## Kill each part with -9 under load; fails when anything was lost (CHAOS_SCALE=0.1 for a trial)
	@$(PY) tests/run.py chaos

distributed: build/.static ## As chaos, on external engines with two of everything, over TLS (needs Debian's packages, and says which)
	@$(PY) tests/run.py distributed

upgrade: build/.static ## Upgrade an older version of the distributed platform under load (UPGRADE_FROM=commit)
	@$(PY) tests/run.py distributed.upgrade

lint: .venv/.dev ## Check style, layout and formatting
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: .venv/.dev ## Format the Python files
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

types: .venv/.dev ## Check the types
	@$(PY) deploy/make/stage_types.py
	@$(BUILDING) $(PY) -m mypy -p imiconnect

check: build/.static ## Check the deployment settings and the migrations
	@$(BUILDING) HTTPS=1 PUBLIC_URL=https://example.org ALLOWED_HOSTS=example.org \
		SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(PY) manage.py check --deploy --fail-level WARNING
	@$(BUILDING) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

wheel: .venv/.dev ## Build the wheel into dist/
	@$(UV) build --quiet --wheel --out-dir dist

lock: .venv/.uv ## Pin all requirements anew, with hashes
	@for name in bootstrap run test dev; do \
		$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header --upgrade requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove what was built; the data in var/ stays
	rm -rf .venv build dist node_modules static/vendor

.venv/.uv: requirements/bootstrap.txt
	@$(if $(PYTHON),,echo "Python 3.11 or newer is missing. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2; exit 1)
	@echo "Creating the virtual environment."
	@test -x $(PY) || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is incomplete. On Debian install the package python3-venv, then start again." >&2; exit 1; }
	@$(PIP_INSTALL) -r $< || { echo "uv could not be installed; see the message above. The package index must be reachable." >&2; exit 1; }
	@touch $@

.venv/.run: requirements/run.txt .venv/.uv
	@echo "Installing the pinned packages."
	@$(INSTALL) -r $< || { echo "Trying again with pip."; $(PIP_INSTALL) -r $<; } || { \
		echo "A package could not be installed; the message above names it. The package index must be reachable." >&2; exit 1; }
	@touch $@

.venv/.test: requirements/test.txt .venv/.run
	@echo "Installing the packages for the tests."
	@$(INSTALL) -r $<
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.test
	@echo "Installing the packages for development."
	@$(INSTALL) -r $<
	@touch $@

node_modules/.run: package-lock.json .npmrc .venv/.run
	@echo "Installing the front-end packages."
	@$(PY) deploy/make/npm.py --omit=dev
	@touch $@

# The tests' packages as well: axe, and the double of a carrier's API.
node_modules/.dev: package-lock.json .npmrc .venv/.run
	@echo "Installing the front-end packages and those of the tests."
	@$(PY) deploy/make/npm.py
	@touch node_modules/.run $@

build/.static: node_modules/.run $(SOURCES)
	@echo "Building the static files."
	@mkdir -p build
	@$(BUILDING) $(PY) manage.py vendor_assets
	@$(BUILDING) $(PY) manage.py collectstatic --noinput --clear --verbosity 0 --ignore "redoc*" --ignore rest_framework --ignore django_htmx
	@touch $@
