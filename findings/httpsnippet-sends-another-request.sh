#!/usr/bin/env bash
# httpsnippet 3.0.10 (npm): the program made of a HAR's request sends fewer header fields, and other numbers.
#
# Expected: HAR's `headers` is a list since a name may come twice; `postData.text` is what was sent.
# Seen: of two Accept fields the last is left. The body of a curl command keeps its text; in Python and JavaScript it is parsed and
# written again, so that an id of 17 digits is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock httpsnippet@3.0.10 >/dev/null
cat >convert.cjs <<'JS'
const { HTTPSnippet } = require("httpsnippet");
const headers = [["Accept", "text/plain"], ["Accept", "application/json"], ["Content-Type", "application/json"]];
const request = {
  method: "POST", url: "https://www.example.com/a", httpVersion: "HTTP/1.1", queryString: [], cookies: [], headersSize: -1, bodySize: -1,
  headers: headers.map(([name, value]) => ({ name, value })),
  postData: { mimeType: "application/json", text: '{"id": 90071992547409931}' },
};
(async () => {
  for (const [language, library] of [["shell", "curl"], ["python", "requests"], ["javascript", "fetch"]]) {
    const program = String(await new HTTPSnippet(structuredClone(request)).convert(language, library));
    console.log(library, program.includes("text/plain"), program.includes("90071992547409931"));
  }
})();
JS
seen=$(node convert.cjs)
printf 'library, both Accept fields, the same number\n%s\n' "$seen"
[[ $seen == $'curl false true\nrequests false false\nfetch false false' ]]
