#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the OpenAPI descriptions in api/.
set -eu
cd "$(dirname "$0")/../api/lint"
[ -d node_modules/@redocly ] || {
	echo "Installing the npm packages of api/lint" >&2
	npm ci --no-audit --no-fund --silent
}
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
exec node_modules/.bin/redocly lint --config redocly.yaml ../licensing.yaml ../licensing-admin.yaml
