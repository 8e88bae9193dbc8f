#!/usr/bin/env bash
# Builds the gateway's image: npm run gateway:image -- [--tag NAME] [--base IMAGE] [--build-base IMAGE] [--sbom FOLDER]
#   --tag         name of the image; permit-mcp-gateway
#   --base        what it stands on; for what is deployed with a digest, IMAGE@sha256:...
#   --build-base  what it is built with: any with Node 24, npm and a shell
#   --sbom        folder that gets the bill of materials, sbom.cdx.json
# BUILDER is docker (default), podman or buildah; BUILDER_ARGS are more arguments for its build.
set -euo pipefail
tag=permit-mcp-gateway
arguments=()
sbom=
while [ $# -gt 0 ]; do
  case "$1" in
    --tag) tag="${2:?--tag needs a name}"; shift 2 ;;
    --base) arguments+=(--build-arg "BASE=${2:?--base needs an image}"); shift 2 ;;
    --build-base) arguments+=(--build-arg "BUILD_BASE=${2:?--build-base needs an image}"); shift 2 ;;
    --sbom) sbom="${2:?--sbom needs a folder}"; shift 2 ;;
    --help) sed -n '2,7s/^# //p' "$0"; exit 0 ;;
    *) echo "Unknown argument: $1. See --help." >&2; exit 2 ;;
  esac
done
builder="${BUILDER:-docker}"
command -v "$builder" > /dev/null || { echo "$builder is not installed. Set BUILDER to docker, podman or buildah." >&2; exit 1; }
cd "$(dirname "$0")/../.."
arguments+=(--file gateway/Dockerfile --build-arg "VERSION=$(node -p 'require("./gateway/package.json").version')")
revision="$(git rev-parse HEAD 2> /dev/null)" && arguments+=(--build-arg "REVISION=$revision")
# The OCI format has no health check. Layers are kept so that the second build below repeats nothing.
[ "$(basename "$builder")" = docker ] || arguments+=(--format docker --layers)
# shellcheck disable=SC2206
arguments+=(${BUILDER_ARGS:-})
"$builder" build "${arguments[@]}" --tag "$tag" .
[ -z "$sbom" ] || "$builder" build "${arguments[@]}" --target sbom --output "type=local,dest=$sbom" .
