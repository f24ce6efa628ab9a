#!/usr/bin/env bash
# protobuf 7.36.2 with opentelemetry-proto 1.45.2 (PyPI): the ids of spans in OTLP/JSON are read as other, longer ids.
#
# Expected: the JSON reader that belongs to the message types reads what OpenTelemetry calls their JSON, or refuses it.
# Seen: OTLP/JSON writes ids in hexadecimal digits, where the JSON of protobuf has base64. Hexadecimal digits are base64 as well: a
# trace id of 16 bytes becomes one of 24, a span id of 8 bytes one of 12, without a word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check protobuf==7.36.2 opentelemetry-proto==1.45.2
seen=$(venv/bin/python -c '
from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import Span
text = """{"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7", "name": "GET /"}"""
span = json_format.Parse(text, Span())
print(len(span.trace_id), len(span.span_id), span.trace_id.hex()[:16])
')
echo "bytes of the trace id, bytes of the span id, how the trace id begins: $seen"
[[ $seen == "24 12 e1b7fdd9fdf9efb6" ]]
