#!/bin/sh
# Write requirements.lock anew from pyproject.toml: one list for every platform and every Python from 3.11 on,
# with hashes. uv does the sums, in an environment of its own that is thrown away afterwards.
set -eu
cd "$(dirname "$0")/.."
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
"${PYTHON:-python3}" -m venv "$away"
"$away/bin/pip" install --quiet --disable-pip-version-check uv
"$away/bin/uv" pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock "$@"
