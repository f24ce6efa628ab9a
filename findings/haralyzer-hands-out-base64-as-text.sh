#!/usr/bin/env bash
# haralyzer 2.4.0 (PyPI): `response.text` of an entry whose content has `encoding: base64` is the base64.
#
# Expected: HAR 1.2: `encoding` says how `text` is encoded, and browsers use it for bodies of any kind that are no plain text for them, such as
# vendor media types; whoever asks for the text gets the body, as with entries that have no encoding.
# Seen: the text is handed out as it stands in the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check haralyzer==2.4.0
seen=$(venv/bin/python -c '
from haralyzer import HarParser
def entry(content):
    request = {"method": "GET", "url": "https://api.example.com/flow", "httpVersion": "HTTP/1.1", "headers": [], "queryString": [],
               "cookies": [], "headersSize": -1, "bodySize": -1}
    response = {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "redirectURL": "",
                "headersSize": -1, "bodySize": -1, "content": {"size": 2, "mimeType": "application/hal+json", **content}}
    return {"startedDateTime": "2026-11-28T10:00:00.000Z", "time": 1, "request": request, "response": response, "cache": {},
            "timings": {"send": 0, "wait": 1, "receive": 0}}
entries = [entry({"text": "{}"}), entry({"text": "e30=", "encoding": "base64"})]
har = HarParser({"log": {"version": "1.2", "creator": {"name": "example", "version": "1"}, "entries": entries}})
print(*[entry.response.text for page in har.pages for entry in page.entries])
')
echo "$seen"
[[ $seen == "{} e30=" ]]
