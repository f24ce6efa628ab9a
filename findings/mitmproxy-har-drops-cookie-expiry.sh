#!/usr/bin/env bash
# mitmproxy 11.0.2, option `hardump`: the cookies of a response lose `Expires` and `Max-Age`.
#
# Expected: HAR 1.2 has `expires` among the members of a cookie.
# Seen: name, value, path, domain, httpOnly, secure and sameSite are there, the end of life is not; it stands only in the
# header field. Whoever takes session cookies from `response.cookies` takes persistent ones for session cookies.
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
        self.send_response(204)
        self.send_header("Set-Cookie", "ST=1; Path=/; Secure; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Max-Age=3600")
        self.end_headers()
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
seen=$(python3 -c 'import json; print(json.dumps(json.load(open("out.har"))["log"]["entries"][0]["response"]["cookies"], sort_keys=True))')
echo "$seen"
[[ $seen == *'"secure": true'* && $seen != *[eE]xpires* && $seen != *[aA]ge* ]]
