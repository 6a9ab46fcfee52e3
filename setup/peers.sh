#!/bin/sh
# Sees to it that `make bench-peers` has wrk, and in .peers an environment of its own for each peer: exact versions,
# checked by hash, from whichever registries pip and npm are set up for. Where there is no Node 20 and npm, better-auth is
# left out, and it says so. What has not changed is not installed again. For newer peers (needs uv, and npm):
#   setup/peers.sh --upgrade
set -eu
cd "$(dirname "$0")/.."
. setup/apt.sh

pins=bench/peers
python=${PYTHON:-python3}

main() {
  if [ "${1:-}" = --upgrade ]; then upgrade; fi
  if ! command -v wrk >/dev/null; then apt_install wrk "servers are asked by a load generator"; fi
  install_with_pip fastapi-users
  install_with_pip django
  if has_node; then
    install_with_npm
  else
    say "better-auth is left out: it needs Node 20 and npm, which are not here"
  fi
}

install_with_pip() {
  requirements=$pins/requirements-$1.txt
  if [ "$(cat ".peers/$1/made-for" 2>/dev/null)" = "$(fingerprint "$requirements")" ]; then return; fi
  say "installing $1 into .peers/$1"
  "$python" -m venv --clear --without-pip ".peers/$1"
  find_pip "$1"
  $pip --disable-pip-version-check --no-input install --quiet --require-hashes --no-deps \
    --only-binary :all: --no-compile --root-user-action ignore --requirement "$requirements"
  fingerprint "$requirements" >".peers/$1/made-for"
}

fingerprint() {
  { cat "$1"; "$python" -VV; pwd; } | cksum
}

# As in prepare.sh: a pip that is installed, or Debian's wheel of it.
find_pip() {
  if "$python" -m pip --python "$python" --version >/dev/null 2>&1; then
    pip="$python -m pip --python .peers/$1/bin/python"
    return
  fi
  set -- "$1" /usr/share/python-wheels/pip-*.whl
  if [ ! -e "$2" ]; then
    apt_install python3-pip-whl "this Python has no pip"
    set -- "$1" /usr/share/python-wheels/pip-*.whl
  fi
  pip=".peers/$1/bin/python $2/pip"
}

has_node() {
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null
}

install_with_npm() {
  lock=package-lock.json here=.peers/better-auth
  # npm writes the second of these last.
  if cmp -s "$pins/better_auth/$lock" "$here/$lock" && [ -e "$here/node_modules/.$lock" ]; then return; fi
  say "installing better-auth into $here"
  mkdir -p "$here"
  cp "$pins/better_auth/package.json" "$pins/better_auth/$lock" "$here/"
  npm ci --prefix "$here" --ignore-scripts --no-audit --no-fund --silent
}

upgrade() {
  for name in fastapi-users django; do
    uv pip compile "$pins/requirements-$name.in" --upgrade --quiet --universal --python-version 3.11 \
      --generate-hashes --no-emit-index-url --no-header --no-annotate --output-file "$pins/requirements-$name.txt"
  done
  packages=$(sed -n 's/^    "\(.*\)": ".*/\1@latest/p' "$pins/better_auth/package.json")
  # shellcheck disable=SC2086  # several packages
  (cd "$pins/better_auth" && npm install --package-lock-only --omit-lockfile-registry-resolved --save-exact $packages)
}

main "$@"
