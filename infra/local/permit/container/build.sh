#!/usr/bin/env bash
# Builds the image of Local Permit: npm run permit:image -- [--tag NAME] [--base IMAGE]
# BUILDER is docker (default), podman or buildah; BUILDER_ARGS are more arguments for its build.
set -euo pipefail
tag=local-permit
base=docker.io/library/node:24-bookworm-slim
while [ $# -gt 0 ]; do
  case "$1" in
    --tag) tag="${2:?--tag needs a name}"; shift 2 ;;
    --base) base="${2:?--base needs an image}"; shift 2 ;;
    --help) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
    *) echo "Unknown argument: $1. See --help." >&2; exit 2 ;;
  esac
done
here="$(cd "$(dirname "$0")" && pwd)"
builder="${BUILDER:-docker}"
command -v "$builder" > /dev/null || { echo "$builder is not installed. Set BUILDER to docker, podman or buildah." >&2; exit 1; }
stage="$(node "$here/stage.ts")"
trap 'rm -rf "$stage"' EXIT
# The OCI format has no health check.
format=()
[ "$(basename "$builder")" = docker ] || format=(--format docker)
# shellcheck disable=SC2086
"$builder" build "${format[@]}" ${BUILDER_ARGS:-} --build-arg "BASE=$base" --file "$here/Containerfile" --tag "$tag" "$stage"
