#!/bin/sh
# Plays through the JACK server of the machine around the container, where its folder of sockets was brought in;
# else through a server of its own that has no sound card, and then its page shows and plays what happens.
# Arguments go to `antiphon run`; where the first is a program (antiphon, sh), that is what runs.
set -eu

case "${1:-}" in
    "" | -*) ;;
    *) exec "$@" ;;
esac

export JACK_NO_START_SERVER=1
if ! ls "/dev/shm/jack_${JACK_DEFAULT_SERVER:-default}_$(id -u)"_* >/dev/null 2>&1; then
    export JACK_DEFAULT_SERVER=container
    jackd --no-realtime --no-mlock --name container -d dummy --rate 48000 --period 128 >/dev/null 2>&1 &
    # The address that the machine around reaches us by; where the network is that machine's own, none is needed.
    address=$(hostname --ip-address 2>/dev/null | cut -d ' ' -f 1)
    case "$address" in
        127.* | *:* | "") ;;
        *) export ANTIPHON_PAGE_LISTEN="${ANTIPHON_PAGE_LISTEN:-$address}" ;;
    esac
fi
exec antiphon run --backend jack "$@"
