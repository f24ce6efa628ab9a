"""Reads spans by the published schema of OTLP, and compares with report.json. Usage: read_otlp.py FOLDER

OTLP writes ids in JSON as hexadecimal digits, where the JSON form of protocol buffers has base64; nothing else differs.
"""

import base64
import json
import sys
from pathlib import Path

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def with_base64(value):
    if isinstance(value, list):
        return [with_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: as_bytes(key, member) if key in IDS else with_base64(member) for key, member in value.items()}


def as_bytes(key, text):
    raw = bytes.fromhex(text)
    assert len(raw) == IDS[key] and any(raw), f"{key} is {text}"
    return base64.b64encode(raw).decode()


folder = Path(sys.argv[1])
report = json.loads((folder / "report.json").read_text())
sent, lines = 0, (folder / "spans.jsonl").read_text().splitlines()
for line in lines:
    # Unknown members are refused.
    request = json_format.Parse(json.dumps(with_base64(json.loads(line))), ExportTraceServiceRequest())
    for resource in request.resource_spans:
        names = {attribute.key for attribute in resource.resource.attributes}
        assert "service.name" in names, names
        for scope in resource.scope_spans:
            spans = {span.span_id for span in scope.spans}
            assert all(not span.parent_span_id or span.parent_span_id in spans for span in scope.spans)
            sent += sum(span.kind == span.SPAN_KIND_CLIENT for span in scope.spans)
attempts = [attempt for scenario in report["scenarios"] for attempt in [scenario, *scenario.get("earlier", [])]]
wanted = sum(len(attempt.get("exchanges", [])) for attempt in attempts)
assert sent == wanted, f"otlp: {sent} requests, and not {wanted}"
