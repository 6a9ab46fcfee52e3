#!/bin/sh
# Writes requirements.txt and requirements-dev.txt anew from pyproject.toml: exact versions, the hashes of every file of
# each (so for every processor), and no registry's address. Versions move only when asked for:
#   setup/export-requirements.sh                                keeps what is pinned, adds and drops what pyproject says
#   setup/export-requirements.sh --upgrade                      takes the newest of everything
#   setup/export-requirements.sh --upgrade-package starlette    takes the newest of one
# Needs uv on the PATH; nothing else here does.
set -eu
cd "$(dirname "$0")/.."

compile() {
  output=$1
  shift
  uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --no-annotate --output-file "$output" "$@"
}

# What the chat needs past one machine is in the first as well: an address is all that one sets for it.
compile requirements.txt --extra postgres --extra redis "$@"
compile requirements-dev.txt --constraints requirements.txt --all-extras --group dev "$@"
