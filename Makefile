# One word per habit. `make` alone lists them.
python := .venv/bin/python
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
# Servers are started by the dozen in tests: what they import is compiled once, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run prepare prepare-dev test check bench bench-peers bench-scale faults interop soak faults simulate screenshots requirements
help:
	@sed -n 's/^## //p' Makefile

## run        sets up, then serves the chat on http://localhost:8000 (SQLite, nothing to configure)
run: prepare
	exec $(python) -m chat serve

## prepare    the set-up alone: an environment in .venv
prepare:
	@setup/prepare.sh run

prepare-dev:
	@setup/prepare.sh dev

## test       everything, real Chromium included (TESTS="tests/core -k rotation" for less)
# More workers than cores, each with a file of tests at a time: what waits for a browser or a fault leaves its core to others.
test: prepare-dev
	@setup/chromium.sh
	@setup/proxy.sh
	TMPDIR="$$(setup/scratch.sh)" $(python) -m pytest --numprocesses 5 --dist loadfile --no-loadscope-reorder $(TESTS)

## check      formatting, lint, types, and the direction of every import
check: prepare-dev
	$(python) -m ruff format --check .
	$(python) -m ruff check .
	$(python) -m mypy
	.venv/bin/lint-imports

## bench      what signing in and out, messages, pages and idle sockets cost here, as ratios
bench: prepare-dev
	@setup/chromium.sh
	$(python) -m bench $(ARGS)

## bench-peers  beside fastapi-users, Django and better-auth on PostgreSQL, in turns (8 minutes)
bench-peers: prepare-dev
	@setup/peers.sh
	$(python) -m bench.peers $(ARGS)

## bench-scale  refreshing with ten thousand to ten million sessions (ARGS="--rows 10000 --sqlite")
bench-scale: prepare-dev
	$(python) -m bench.scale $(ARGS)

## interop    Phoenix's own client from npm, in Node and in Chromium, against a real server
interop: prepare-dev
	@setup/chromium.sh
	@setup/interop.sh
	INTEROP=yes $(python) -m pytest tests/interop --numprocesses 2 --dist loadfile $(TESTS)

## soak       100,000 messages with a canary in each, while everybody leaves, comes back and is signed out
soak: prepare-dev
	$(python) -m tests.soak $(ARGS)

## faults     ten minutes in which everything fails that can, with three nodes (ARGS="--seconds 60 --store sqlite")
faults: prepare-dev
	$(python) -m tests.faults $(ARGS)

## simulate   weeks of honest browsers and thieves against the real library, with a simulated clock
simulate: prepare
	$(python) -m simulate $(ARGS)

## screenshots  makes the pictures of docs/images anew, from the real product
screenshots: prepare-dev
	@setup/chromium.sh
	SCREENSHOTS=docs/images $(python) -m pytest tests/stories/test_screenshots.py

## requirements  pins again what pyproject.toml asks for (needs uv; ARGS="--upgrade" for newer versions)
requirements:
	setup/export-requirements.sh $(ARGS)
