#!/usr/bin/env bash
# newman 6.2.2 (npm), reporter junit: a test that was skipped (`pm.test.skip`) is a case that passed, and `tests` of <testsuites> counts
# requests.
#
# Expected: <skipped/> in the case, as readers of JUnit's format count it, and the number of cases at the root.
# Seen: three cases, one of them skipped, say `tests="1"` at the root, `tests="3"` in the suite, and no `skipped` anywhere; each case has
# the time of the whole request, so that their sum is three times what the run took.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock newman@6.2.2 >/dev/null
cat >server.cjs <<'JS'
require("http").createServer((request, answer) => answer.end("{}")).listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});
JS
node server.cjs >port & server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
until [[ -s port ]]; do sleep 0.1; done
cat >collection.json <<JSON
{"info": {"name": "example", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
 "item": [{"name": "read", "request": {"method": "GET", "url": "http://127.0.0.1:$(cat port)/"}, "event": [{"listen": "test", "script":
   {"exec": ["pm.test('holds', () => {}); pm.test('holds, too', () => {}); pm.test.skip('is left out', () => { throw new Error() })"]}}]}]}
JSON
node_modules/.bin/newman run collection.json --reporters junit --reporter-junit-export report.xml
seen=$(python3 - <<'PY'
import xml.etree.ElementTree as xml
root = xml.parse("report.xml").getroot()
suite = root.find("testsuite")
times = {case.get("time") for case in root.iter("testcase")}
print(root.get("tests"), suite.get("tests"), len(list(root.iter("testcase"))), len(list(root.iter("skipped"))), times == {suite.get("time")})
PY
)
echo "tests of the root, of the suite, cases, skipped, each case takes the suite's time: $seen"
[[ $seen == "1 3 3 0 True" ]]
