#!/usr/bin/env bash
# mitmproxy 11.0.2, option `hardump`: a body with a byte that is not UTF-8 becomes a lone surrogate in the HAR file.
#
# Expected: HAR 1.2 has `content.encoding: base64` for bodies that are no text, and JSON texts hold Unicode scalar values.
# Seen: a JSON response with the byte 0xff is written as text, without `encoding`, with the escape `\udcff`. Python's json
# reads that; strict parsers refuse the whole file, so that one odd byte in one response costs every entry.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; kill $(jobs -p) 2>/dev/null || true' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mitmproxy==11.0.2
cat > server.py <<'PY'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"name":"\xff"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
touch log
python3 server.py > port &
until [[ -s port ]]; do sleep 0.1; done
venv/bin/mitmdump --listen-host 127.0.0.1 --listen-port 0 --mode "reverse:http://127.0.0.1:$(cat port)" --set hardump=out.har > log 2>&1 &
proxy=$!
until grep -q 'listening at' log; do sleep 0.2; done
address=$(grep -o '127\.0\.0\.1:[0-9]*' log | tail -1)
curl --silent --output /dev/null "http://$address/"
kill -INT "$proxy"
wait "$proxy" || true
seen=$(python3 -c 'import json; print(json.dumps(json.load(open("out.har"))["log"]["entries"][0]["response"]["content"], sort_keys=True))')
echo "$seen"
[[ $seen == *'\udcff'* && $seen != *encoding* ]]
