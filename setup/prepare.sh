#!/bin/sh
# Makes .venv with what the chat needs to run (`prepare.sh`), or to be tested as well (`prepare.sh dev`).
#
# Needs Python 3.11 and a pip from anywhere: the interpreter's own, or Debian's wheel of it. Where there is neither, it
# says so and installs the wheel with apt (python3-pip-whl, 1.7 MB: all that a bare Debian lacks). Everything else goes
# into .venv, at the exact versions and hashes of requirements*.txt. When those have not changed it does nothing.
set -eu
cd "$(dirname "$0")/.."
. setup/apt.sh

set_of_packages=${1:-run}
case $set_of_packages in
  run) requirements=requirements.txt ;;
  dev) requirements=requirements-dev.txt ;;
  *) echo "prepare: 'run' or 'dev', not '$set_of_packages'" >&2; exit 2 ;;
esac
python=${PYTHON:-python3}

main() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    { echo "prepare: Python 3.11 or newer is needed; point PYTHON at one." >&2; exit 1; }
  if made_for "$requirements"; then return; fi
  find_pip
  say "making .venv with $(grep -c '^[a-z].*==' "$requirements") packages of $requirements"
  usable || "$python" -m venv --clear --without-pip .venv
  install_packages
  # The library is used from src/ as it stands: one line on the path is all that an editable install would be.
  echo "$PWD/src" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/latchstring.pth"
  fingerprint "$requirements" >".venv/made-for-$requirements"
  # Who can test can run.
  if [ "$set_of_packages" = dev ]; then fingerprint requirements.txt >.venv/made-for-requirements.txt; fi
}

made_for() {
  [ "$(cat ".venv/made-for-$1" 2>/dev/null)" = "$(fingerprint "$1")" ]
}

# What .venv was made for: this file, this interpreter, this folder (a moved .venv does not work).
fingerprint() {
  { cat "$1" setup/prepare.sh; "$python" -VV; pwd; } | cksum
}

usable() {
  [ "$(.venv/bin/python -VV 2>/dev/null)" = "$("$python" -VV)" ] && grep -q "$PWD" .venv/bin/activate
}

# A pip that is installed works on another environment by --python; run inside that one by its path, it would bring its
# own environment's packages along, and leave out whatever it finds among them.
find_pip() {
  if "$python" -m pip --python "$python" --version >/dev/null 2>&1; then
    pip="$python -m pip --python .venv/bin/python"
    return
  fi
  if ! wheel_of_pip >/dev/null; then apt_install python3-pip-whl "this Python has no pip"; fi
  pip=".venv/bin/python $(wheel_of_pip)/pip"
}

wheel_of_pip() {
  for wheel in /usr/share/python-wheels/pip-*.whl; do
    if [ -e "$wheel" ]; then echo "$wheel"; return; fi
  done
  return 1
}

# --no-deps: the file names everything. --only-binary: nothing is built here, so nothing runs here but pip.
# --no-compile: Python compiles what it imports when it does, which is less than all.
install_packages() {
  $pip --disable-pip-version-check --no-input install --quiet --require-hashes --no-deps \
    --only-binary :all: --no-compile --root-user-action ignore --requirement "$requirements"
}

main
