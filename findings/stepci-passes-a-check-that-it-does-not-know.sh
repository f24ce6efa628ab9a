#!/usr/bin/env bash
# stepci 2.8.2 (npm): a misspelt check is no check, and a JSONPath that finds nothing is null.
#
# Expected: `statuss: 404` is refused, or fails; a member that is not there is told apart from one that is null.
# Seen: both pass, against an answer with status 200 and the body {"id": 1}.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock stepci@2.8.2 >/dev/null
cat >server.cjs <<'JS'
require("http").createServer((request, answer) => {
  answer.setHeader("Content-Type", "application/json");
  answer.end('{"id": 1}');
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
JS
node server.cjs >port & server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
until [[ -s port ]]; do sleep 0.1; done
export STEPCI_DISABLE_ANALYTICS=1
check() {
  printf 'version: "1.1"\nname: example\ntests: { one: { steps: [{ name: read, http: { url: "http://127.0.0.1:%s/", method: GET, check: %s } }] } }\n' \
    "$(cat port)" "$2" >"$1.yml"
  if node_modules/.bin/stepci run "$1.yml" >log 2>&1; then echo "$1 passes"; else echo "$1 fails"; fi
}
seen=$(check right '{ status: 404 }'; check misspelt '{ statuss: 404 }'; check missing '{ jsonpath: { $.name: null } }'; check other '{ jsonpath: { $.id: null } }')
echo "$seen"
[[ $seen == $'right fails\nmisspelt passes\nmissing passes\nother fails' ]]
