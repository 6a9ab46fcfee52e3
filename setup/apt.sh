# Read by the other scripts here: the only place that calls apt.

say() { echo "$(basename "$0" .sh): $*"; }

# apt_install "package package" "why": says what it does, as root, through sudo where we are not.
apt_install() {
  say "$2: apt-get install $1"
  apt_update "$2: please install as root: apt-get install $1"
  # shellcheck disable=SC2086  # a command and packages of several words
  $apt -o Dpkg::Use-Pty=0 install --yes --no-install-recommends $1 >/dev/null
}

# apt_update "what to say where we may not": and $apt is how apt is called from then on.
apt_update() {
  command -v apt-get >/dev/null || { say "there is no apt here. $1" >&2; exit 1; }
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || { say "$1" >&2; exit 1; }
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt="$as_root ${as_root:+--preserve-env=DEBIAN_FRONTEND} apt-get -qq -o Acquire::Retries=3"
  $apt -o Acquire::Languages=none update
}

# apt_unpack package folder "why": its files in a folder of ours, and nothing installed: no server is started by it.
apt_unpack() {
  say "$3: unpacking Debian's $1 into $2"
  apt_update "$3: please install as root: apt-get install $1"
  got=$(mktemp -d)
  chmod 755 "$got"
  (cd "$got" && apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User=root download "$1")
  mkdir -p "$2"
  dpkg-deb --extract "$got"/*.deb "$2"
  rm -rf "$got"
}
