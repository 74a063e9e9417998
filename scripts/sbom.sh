#!/bin/sh
# Write sbom.json: every library that is installed in .venv, with version, licence and what needs what,
# in CycloneDX's form. The tool runs in an environment of its own that is thrown away afterwards.
set -eu
cd "$(dirname "$0")/.."
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
"${PYTHON:-python3}" -m venv "$away"
"$away/bin/pip" install --quiet --disable-pip-version-check cyclonedx-bom
"$away/bin/cyclonedx-py" environment .venv/bin/python --pyproject pyproject.toml --mc-type application \
    --output-format JSON --output-reproducible --output-file "${1:-sbom.json}"
echo "Wrote ${1:-sbom.json}"
