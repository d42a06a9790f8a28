#!/bin/sh
# Installs the programs the live tests play with, and those it is told, where this user may; elsewhere says which are missing.
set -eu

packages="chromium ardour jackd2 jack-tools jack-midi-clock klick fluidsynth timgm6mb-soundfont sox"
packages="$packages systemd systemd-sysv systemd-container dbus dbus-user-session libpam-systemd"
packages="$packages debootstrap buildah iproute2 pipewire pipewire-bin pipewire-jack wireplumber $*"

if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
    echo "Not a Debian-like system. The live tests want Chromium, Ardour 7, JACK 2, jack-midi-clock, klick, FluidSynth with a General MIDI soundfont, SoX, and PipeWire with WirePlumber;"
    echo "tests that miss one are left out, and pytest says which."
    exit 0
fi

missing=""
for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "Left out of the tests for want of:$missing"
    echo "To have them: sudo apt-get install --no-install-recommends$missing"
    exit 0
fi
$as_root apt-get update -qq

# Ubuntu has no package chromium, to name one. Tests that miss something are left out.
there=""
for package in $missing; do
    if LC_ALL=C apt-cache policy "$package" | grep -q '^  Candidate: [^(]'; then there="$there $package"; else echo "No package here: $package"; fi
done
[ -z "$there" ] || $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $there
