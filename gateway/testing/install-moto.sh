#!/usr/bin/env bash
# A stand-in for AWS that speaks its protocols, for the tests of what is shipped there: moto's server, from PyPI, in
# node_modules/.cache/moto. `npm ci` removes it with node_modules.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=5.2.5
folder=node_modules/.cache/moto
[ "$(cat "$folder/version" 2>/dev/null)" = "$version" ] && exit 0
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$version"
echo "$version" > "$folder/version"
