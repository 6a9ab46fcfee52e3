#!/bin/sh
# Sees to it that the browser tests have a real Chromium, a font to draw with, what Playwright's driver links to, and a
# system that knows localhost: browsers do by themselves, but a bare Debian without /etc/hosts asks the network for it.
# CHROMIUM names another browser than Debian's.
set -eu
cd "$(dirname "$0")/.."
. setup/apt.sh

missing=
has() { dpkg-query --show --showformat '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then missing="$missing chromium"; fi
# The same browser without its windows, in which most tests run at a third of the cost.
if ! command -v "${CHROMIUM:-chromium-headless-shell}" >/dev/null; then missing="$missing chromium-headless-shell"; fi
if command -v dpkg-query >/dev/null; then
  for package in libatomic1 fonts-dejavu-core; do
    has "$package" || missing="$missing $package"
  done
fi
if command -v getent >/dev/null && ! getent hosts localhost >/dev/null; then missing="$missing libnss-myhostname"; fi
if [ -n "$missing" ]; then apt_install "${missing# }" "the browser tests need a real browser"; fi
"${CHROMIUM:-chromium}" --version 2>/dev/null
