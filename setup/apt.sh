# Read by the other scripts here: the only place that calls apt.

say() { echo "$(basename "$0" .sh): $*"; }

# apt_install "package package" "why": says what it does, as root, through sudo where we are not.
apt_install() {
  command -v apt-get >/dev/null || { say "$2, and there is no apt here: please install $1" >&2; exit 1; }
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || { say "$2: please install as root: apt-get install $1" >&2; exit 1; }
  fi
  say "$2: apt-get install $1"
  export DEBIAN_FRONTEND=noninteractive
  apt="$as_root ${as_root:+--preserve-env=DEBIAN_FRONTEND} apt-get -qq -o Acquire::Retries=3"
  # shellcheck disable=SC2086  # a command and packages of several words
  $apt -o Acquire::Languages=none update
  $apt -o Dpkg::Use-Pty=0 install --yes --no-install-recommends $1 >/dev/null
}
