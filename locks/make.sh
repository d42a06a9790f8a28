#!/bin/sh
# Writes run.txt and test.txt into a folder: for every system and Python that Antiphon is for, versions and hashes.
# Where the folder holds earlier ones, their versions stay as far as constraints.txt leaves them.
set -eu
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

lock() {
    file="$1"
    shift
    uv pip compile pyproject.toml locks/build.in --constraint constraints.txt --universal --python-version 3.11 \
        --generate-hashes --no-annotate --no-header --no-config --quiet --output-file "$folder/$file" "$@" > /dev/null
}

lock run.txt
lock test.txt --all-extras --excludes locks/elsewhere.in
