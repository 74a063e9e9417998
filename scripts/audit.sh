#!/bin/sh
# Ask the package index whether a hole is known in any library of requirements.lock. 0: none; 1: there are, listed;
# 3: the index did not say, so nothing is known. The tool runs in an environment that is thrown away afterwards.
set -eu
cd "$(dirname "$0")/.."
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
unknown() {
    echo "The package index did not say, so nothing is known about holes. Please run this where pypi.org is reached." >&2
    exit 3
}
"${PYTHON:-python3}" -m venv "$away"
"$away/bin/pip" install --quiet --disable-pip-version-check pip-audit 2>"$away/said" || { tail -n 3 "$away/said" >&2; unknown; }
code=0
"$away/bin/pip-audit" --requirement "${1:-requirements.lock}" --require-hashes --disable-pip --progress-spinner off \
    >"$away/found" 2>"$away/said" || code=$?
# A library that a mirror does not know is passed over without an error, and any error ends with 1 as a hole does.
if grep -q "could not be audited" "$away/found" || ! grep -q "known vulnerabilit" "$away/said"; then
    tail -n 3 "$away/found" "$away/said" >&2
    unknown
fi
cat "$away/found" "$away/said"
exit "$code"
