#!/usr/bin/env bash
# oidc-provider 9.13.3, a certified OpenID provider: a client that may not use a grant type is told `invalid_request`.
#
# Expected: RFC 6749, section 5.2: `unauthorized_client`, "the authenticated client is not authorized to use this authorization grant type".
# Seen: 400 {"error":"invalid_request","error_description":"requested grant type is not allowed for this client"}.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; kill $(jobs -p) 2>/dev/null || true' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund oidc-provider@9.13.3
cat > server.mjs <<'JS'
import { Provider } from 'oidc-provider';
const device = { client_id: 'screen', token_endpoint_auth_method: 'none', response_types: [], redirect_uris: [],
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] };
const features = { deviceFlow: { enabled: true }, clientCredentials: { enabled: true } };
const server = new Provider('http://127.0.0.1', { clients: [device], features }).listen(0, '127.0.0.1', () =>
  console.log(server.address().port));
JS
touch log
node server.mjs > port 2> log &
until [[ -s port ]]; do sleep 0.2; done
address=http://127.0.0.1:$(tail -1 port)
seen=$(curl --silent "$address/token" --data client_id=screen --data grant_type=client_credentials)
echo "$seen"
[[ $seen == *'"error":"invalid_request"'* && $seen == *'not allowed for this client'* ]]
