#!/bin/sh
# Writes what a player's installation of the built wheel consists of, with licences, as a CycloneDX bill of materials.
set -eu
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

player=$(mktemp -d)
trap 'rm -rf "$player"' EXIT
python -m venv --without-pip "$player"
for wheel in "$folder"/antiphon-*.whl; do
    pip --python "$player/bin/python" install --quiet --constraint constraints.txt "$wheel"
done
version=$("$player/bin/python" -c 'import antiphon; print(antiphon.__version__)')
cyclonedx-py environment "$player" --pyproject pyproject.toml --mc-type application --output-reproducible \
    --output-format JSON --output-file "$folder/antiphon-$version.cdx.json"
python - "$folder/antiphon-$version.cdx.json" "$version" <<'END'
import json, pathlib, sys
file, version = pathlib.Path(sys.argv[1]), sys.argv[2]
listed = json.loads(file.read_text())
listed["metadata"]["component"]["version"] = version  # declared dynamic in pyproject.toml, which the tool does not follow
file.write_text(json.dumps(listed, indent=2) + "\n")
END
