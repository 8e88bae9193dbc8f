#!/usr/bin/env bash
# Builds the Pulumi CLI where its release can't be had: npm run pulumi:build. Needs Go and its module proxy, some minutes
# and 2 GB of the module and build caches. Does nothing when the version of go.mod is built already.
set -euo pipefail
cd "$(dirname "$0")"
bin="$PWD/bin"
version="$(sed -n 's#^.*github.com/pulumi/pulumi/pkg/v3 \(v[0-9.]*\).*$#\1#p' go.mod)"
[ "$(cat "$bin/version" 2> /dev/null)" = "$version" ] && exit 0
# Where Go installs itself, and not every shell looks.
command -v go > /dev/null || PATH="$PATH:/usr/local/go/bin"
command -v go > /dev/null || { echo "Go is not installed: https://go.dev/dl, or install Pulumi itself: https://www.pulumi.com/docs/install" >&2; exit 1; }

echo "Building Pulumi $version from its Go module; this takes some minutes ..."
mkdir -p "$bin"
go build -ldflags="-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" -o "$bin/" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
# Where the CLI looks first for what it starts: beside itself.
cat > "$bin/pulumi-language-nodejs" << 'WRAPPER'
#!/bin/sh
exec node "$(dirname "$(realpath "$0")")/../language-host.ts" "$@"
WRAPPER
chmod +x "$bin/pulumi-language-nodejs"
ln -sf ../../../node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs "$bin/pulumi-resource-pulumi-nodejs"
echo "$version" > "$bin/version"
echo "Built: $bin/pulumi"
