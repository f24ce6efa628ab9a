#!/usr/bin/env bash
# test-results-parser 0.4.6 (npm) takes the totals of <testsuites> for those of the run. The dialect of Jenkins' junit-10.xsd has no
# `skipped` there, so that skipped cases count as passed. Without any totals it adds up the suites, and counts right.
set -euo pipefail
version=0.4.6
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock "test-results-parser@$version" >/dev/null

suite='<testsuite name="a" tests="3" failures="0" errors="0" skipped="2" time="1"><testcase name="x" classname="a" time="1"/>
<testcase name="y" classname="a"><skipped/></testcase><testcase name="z" classname="a"><skipped/></testcase></testsuite>'
echo "<testsuites name=\"r\" tests=\"3\" failures=\"0\" errors=\"0\" time=\"1\">$suite</testsuites>" >totals.xml
echo "<testsuites name=\"r\" time=\"1\">$suite</testsuites>" >none.xml
cat >read.cjs <<'JS'
const { parse } = require('test-results-parser');
for (const file of ['totals.xml', 'none.xml']) {
  const { passed, skipped } = parse({ type: 'junit', files: [file] });
  console.log(`${file}: ${passed} passed, ${skipped} skipped`);
}
JS
seen=$(node read.cjs)
printf 'test-results-parser %s\n%s\n' "$version" "$seen"
[[ $seen == $'totals.xml: 3 passed, 0 skipped\nnone.xml: 1 passed, 2 skipped' ]]
