# `make run` starts the portal, `make test` runs every test, `make help` lists the rest.

PORT  ?= 8000
HOST  ?= 127.0.0.1
SCALE ?= small
HTTPS ?=
ARGS  ?=

PIP    := .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
NPM    := npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
# The first Python on this machine that is new enough.
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

.PHONY: help run test lint format bench soak lighthouse rehearse screenshots catalog clients lock clean

help:
	@echo "make run          the portal with a demo city at http://localhost:$(PORT) (PORT=, HOST=, SCALE=small|city, HTTPS=1)"
	@echo "make test         every test, on SQLite and on PostgreSQL with Redis (ARGS= goes to pytest)"
	@echo "make lint         style, types, import layers, migrations, deployment settings, Chinese catalogue"
	@echo "make format       put the code into the house style"
	@echo "make bench        measure beside stock Django, Litestar and nginx (ARGS=\"--only page,nearest\")"
	@echo "make soak         writers and mirrors for ten minutes, with processes killed: every copy must equal the database"
	@echo "make rehearse     a city on this machine from the files in deploy/, broken piece by piece under load"
	@echo "make lighthouse   score the pages as Lighthouse does on a phone, and time the taps"
	@echo "make screenshots  renew the pictures in the README"
	@echo "make catalog      compile the Chinese catalogue"
	@echo "make clients      generate clients of the API for Python and TypeScript, below var/clients/"
	@echo "make lock         compile requirements/ and package-lock.json anew"
	@echo "make clean        forget environments and caches, keep var/ (the database and the pictures)"

run: .venv/run.stamp node_modules/.stamp
	@PORT='$(PORT)' HOST='$(HOST)' SCALE='$(SCALE)' HTTPS='$(HTTPS)' exec .venv/bin/python -m scripts.serve

test: .venv/dev.stamp node_modules/.dev.stamp
	@exec .venv/bin/python -m scripts.test $(ARGS)

lint: .venv/dev.stamp node_modules/.stamp
	@.venv/bin/python -m scripts.lint $(ARGS)

format: .venv/dev.stamp
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

bench: .venv/dev.stamp node_modules/.stamp
	@.venv/bin/python -m tests.bench $(ARGS)

soak: .venv/dev.stamp
	@.venv/bin/python -m tests.soak $(ARGS)

lighthouse: .venv/dev.stamp node_modules/.dev.stamp
	@.venv/bin/python -m scripts.lighthouse $(ARGS)

rehearse: .venv/dev.stamp node_modules/.stamp
	@.venv/bin/python -m tests.rehearsal

screenshots: .venv/dev.stamp node_modules/.stamp
	@.venv/bin/python -m scripts.screenshots $(ARGS)

catalog: .venv/run.stamp
	@.venv/bin/python -m scripts.catalog

clients: .venv/dev.stamp node_modules/.dev.stamp
	@.venv/bin/python -m scripts.clients

UV_COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --no-strip-extras --no-annotate --no-header --no-emit-index-url \
	--universal --python-version 3.11 pyproject.toml

lock: .venv/dev.stamp
	@$(UV_COMPILE) -o requirements/run.txt
	@$(UV_COMPILE) --extra dev -c requirements/run.txt -o requirements/dev.txt
	@npm install --package-lock-only --no-audit --no-fund --loglevel=error

clean:
	rm -rf .venv node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache staticfiles

.venv/made.stamp:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed.'; exit 1; }
	@$(PYTHON) -m venv .venv || { echo 'Could not make .venv; on Debian: apt-get install python3-venv'; exit 1; }
	@touch $@

.venv/run.stamp: requirements/run.txt .venv/made.stamp
	@echo 'Installing Python packages …'
	@$(PIP) -r requirements/run.txt
	@touch $@

# dev.txt holds everything of run.txt in the same versions.
.venv/dev.stamp: requirements/dev.txt requirements/run.txt .venv/made.stamp
	@echo 'Installing Python packages for development …'
	@$(PIP) -r requirements/dev.txt
	@touch .venv/run.stamp $@

node_modules/.stamp: package-lock.json
	@echo 'Installing browser libraries …'
	@$(NPM) --omit=dev
	@touch $@

node_modules/.dev.stamp: package-lock.json
	@echo 'Installing browser libraries and what tests and Lighthouse need …'
	@$(NPM)
	@touch node_modules/.stamp $@
