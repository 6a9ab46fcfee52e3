#!/bin/sh
# Sees to it that the tests have an nginx, in .nginx where the machine has none: Debian's, unpacked and not installed,
# since a package of a server starts one, at a port that somebody may need. NGINX names another.
set -eu
cd "$(dirname "$0")/.."
. setup/apt.sh

for nginx in "${NGINX:-nginx}" /usr/sbin/nginx .nginx/usr/sbin/nginx; do
  if command -v "$nginx" >/dev/null; then exit; fi
done
apt_unpack nginx .nginx "the tests need a reverse proxy"
.nginx/usr/sbin/nginx -v 2>&1
