#!/bin/sh
# Builds Tollgate from its sources and puts what runs into a folder: the image's own steps, and the way to install below
# /opt/tollgate without an image.
#   deploy/container/install.sh SOURCES DESTINATION
set -eu
sources=$(cd "$1" && pwd)
mkdir -p "$2"
destination=$(cd "$2" && pwd)
if [ -n "$(ls -A "$destination")" ]; then
    echo "$destination is not empty; name a folder that is, or is not there." >&2
    exit 1
fi
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# Neither what was installed nor what was built before.
(cd "$sources" && tar --exclude ./node_modules --exclude ./dist --exclude ./.git -cf - .) | (cd "$build" && tar -xf -)
cd "$build"
npm ci --no-audit --no-fund
npm run --silent build

cp -R package.json package-lock.json .npmrc LICENSE README.md dist schema prisma "$destination"
# What is plain JavaScript runs from where it stands: the command, and threads.
find cli platform subgraphs controllers -name '*.mjs' -not -path '*/generated/*' | tar -cf - -T - | (cd "$destination" && tar -xf -)
cd "$destination"
npm ci --omit=dev --no-audit --no-fund
