#!/usr/bin/env bash
# Makes base images where no registry can be reached: npm run image:base
#   localhost/node-build    Debian with Node and npm: what images are built with, and what local Permit's can run on
#   localhost/node-runtime  Node, the libraries that it needs, CA certificates and no shell: in place of distroless
# Needs root, buildah, debootstrap and what `npm ci` has installed.
set -euo pipefail
if [ "${1:-}" = --help ]; then sed -n '2,5s/^# //p' "$0"; exit 0; fi
[ $# -eq 0 ] || { echo "Unknown argument: $1. See --help." >&2; exit 2; }
for program in buildah debootstrap npm; do
  command -v "$program" > /dev/null || { echo "$program is not installed." >&2; exit 1; }
done
root="$(cd "$(dirname "$0")/../../.." && pwd)"
node="$root/node_modules/node/bin/node"
[ -x "$node" ] || { echo "Node is not installed. Run npm ci first." >&2; exit 1; }
mirror="${DEBIAN_MIRROR:-http://deb.debian.org/debian}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
build="$work/build" runtime="$work/runtime"

echo "Debian into a folder ..." >&2
debootstrap --variant=minbase --include=ca-certificates bookworm "$build" "$mirror" > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
rm -rf "$build"/var/cache/apt/* "$build"/var/lib/apt/lists/*
# Where connections are intercepted, this machine trusts somebody whom a fresh Debian doesn't.
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$build/etc/ssl/certs/ca-certificates.crt"
install -m 0755 "$node" "$build/usr/local/bin/node"
mkdir -p "$build/usr/local/lib/node_modules"
cp -r "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$build/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$build/usr/local/bin/npm"

mkdir -p "$runtime"/{etc/ssl/certs,nodejs/bin,tmp}
chmod 1777 "$runtime/tmp"
install -m 0755 "$node" "$runtime/nodejs/bin/node"
cp "$build/etc/ssl/certs/ca-certificates.crt" "$runtime/etc/ssl/certs/"
printf 'root:x:0:0:root:/:/sbin/nologin\n' > "$runtime/etc/passwd"
# Links followed: the loader looks for the names, wherever Debian keeps the files.
chroot "$build" ldd /usr/local/bin/node | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$runtime$(dirname "$library")"
  cp --dereference "$build$library" "$runtime$library"
done

for name in build runtime; do
  echo "localhost/node-$name ..." >&2
  container="$(buildah from scratch)"
  buildah add --quiet "$container" "$work/$name" / > /dev/null
  [ "$name" = runtime ] || buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
  buildah commit --quiet --rm "$container" "localhost/node-$name" > /dev/null
done
buildah images --filter reference='localhost/node-*'
