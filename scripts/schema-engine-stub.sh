#!/bin/sh
# Prisma's CLI wants a schema engine binary to exist, which it would otherwise download. `generate`, `validate` and
# `format` never run it; whatever would is told to fail instead of silently doing nothing.
echo "Prisma's schema engine is not used in this project: see scripts/migration.mjs" >&2
exit 1
