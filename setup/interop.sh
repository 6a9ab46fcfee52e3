#!/bin/sh
# Sees to it that `make interop` has Node, and in .interop the packages of tests/interop/package-lock.json: exact
# versions, checked by hash, from whichever registry npm is set up for. For a newer phoenix, in tests/interop:
#   npm install --package-lock-only --omit-lockfile-registry-resolved --save-exact phoenix@latest
set -eu
cd "$(dirname "$0")/.."
. setup/apt.sh

missing=
for program in node:nodejs npm:npm; do
  command -v "${program%:*}" >/dev/null || missing="$missing ${program#*:}"
done
if [ -n "$missing" ]; then apt_install "${missing# }" "clients in JavaScript need Node"; fi

lock=package-lock.json
# npm writes the second of these last.
if cmp -s "tests/interop/$lock" ".interop/$lock" && [ -e ".interop/node_modules/.$lock" ]; then exit; fi
say "installing the stock client into .interop"
mkdir -p .interop
cp tests/interop/package.json "tests/interop/$lock" .interop/
npm ci --prefix .interop --ignore-scripts --no-audit --no-fund --silent
