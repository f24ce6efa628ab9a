#!/usr/bin/env python3
"""Judges the official JSON Schema Test Suite, draft 4, as far as OpenAPI 3.0 can express it.

Usage: tests/judges/schema_suite.py [FLOWPROOF]     the program to judge; target/debug/flowproof when not given

The suite is the npm package json-schema-test-suite, in the version that PACKAGE names, put under target/judges; nothing of it
is part of this repository. Each group of the suite becomes an operation, each test an answer to it. Outside `.ci/run`: what is
found here is held by tests of our own.
"""
import json
import pathlib
import subprocess
import sys

PACKAGE = "json-schema-test-suite@0.0.10"
ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target" / "judges" / "schema-suite"

# What OpenAPI 3.0 has no words for: other keywords, lists of types and of items, null as a type, other documents.
MAPS = {"properties"}
LISTS = {"allOf", "anyOf", "oneOf"}
SINGLE = {"items", "additionalProperties", "not"}
PLAIN = {
    "type", "format", "enum", "required", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "default",
    "description", "title",
}
# OpenAPI leaves formats open; of those that the suite asks for, these mean something here.
FORMATS = {"date-time", "email", "hostname", "ipv4", "ipv6", "uri"}


# Where this copy of the suite is wrong, or we decided otherwise: RFC 3986 has no URI without a scheme, as later copies say;
# a number without a fraction is an integer, however it is written.
DECIDED = ("a valid protocol-relative URI", "a float is not an integer even without fractional part")


class Inexpressible(Exception):
    """OpenAPI 3.0 has no words for a schema."""


def translate(schema, root):
    """The schema in OpenAPI 3.0."""
    if not isinstance(schema, dict):
        raise Inexpressible
    if "$ref" in schema:
        if not schema["$ref"].startswith("#") or not isinstance(schema["$ref"], str):
            raise Inexpressible
        definitions = schema.get("definitions", {})
        inside = {name: translate(one, root) for name, one in definitions.items()} if isinstance(definitions, dict) else {}
        return {"$ref": root + schema["$ref"][1:], "definitions": inside}
    types = schema.get("type")
    if isinstance(types, list):
        rest = {key: value for key, value in schema.items() if key != "type"}
        return {"anyOf": [translate({**rest, "type": one}, root) for one in types]}
    if types == "null":
        rest = {key: value for key, value in schema.items() if key != "type"}
        return {"allOf": [translate(rest, root), {"enum": [None]}]}
    translated = {}
    for key, value in schema.items():
        if key in MAPS | {"definitions"}:
            translated[key] = {name: translate(one, root) for name, one in value.items()}
        elif key in LISTS:
            translated[key] = [translate(one, root) for one in value]
        elif key == "additionalProperties" and isinstance(value, bool):
            translated[key] = value
        elif key in SINGLE:
            translated[key] = translate(value, root)
        elif key in PLAIN:
            translated[key] = value
        elif key != "$schema":
            raise Inexpressible
    return translated


def groups(folder):
    """The groups of tests, each with the file it stands in."""
    for file in sorted(folder.rglob("*.json")):
        for group in json.loads(file.read_text()):
            yield file.relative_to(folder), group


def entry(number, data):
    """An answer to the operation of a group."""
    text = json.dumps(data)
    header = [{"name": "Content-Type", "value": "application/json"}]
    request = {"method": "GET", "url": f"https://suite.example/g{number}", "headers": [], "queryString": [], "cookies": [],
               "httpVersion": "HTTP/1.1", "headersSize": -1, "bodySize": 0}
    response = {"status": 200, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": header, "redirectURL": "",
                "headersSize": -1, "bodySize": -1,
                "content": {"size": len(text), "mimeType": "application/json", "text": text}}
    return {"startedDateTime": "2026-03-02T10:15:04.000Z", "time": 1, "request": request, "response": response, "cache": {},
            "timings": {"send": 0, "wait": 1, "receive": 0}}


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "debug" / "flowproof"
    FOLDER.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(["npm", "pack", PACKAGE, "--silent"], cwd=FOLDER, check=True, capture_output=True, text=True)
    subprocess.run(["tar", "xzf", packed.stdout.strip().splitlines()[-1]], cwd=FOLDER, check=True)
    paths, schemas, entries, tests, left_out = {}, {}, [], [], 0
    for number, (file, group) in enumerate(groups(FOLDER / "package" / "tests" / "draft4")):
        root = f"/components/schemas/G{number}"
        try:
            schemas[f"G{number}"] = translate(group["schema"], "#" + root)
        except Inexpressible:
            left_out += len(group["tests"])
            continue
        content = {"application/json": {"schema": {"$ref": "#" + root}}}
        paths[f"/g{number}"] = {"get": {"responses": {"200": {"description": "an instance", "content": content}}}}
        for test in group["tests"]:
            name = f"{file}: {group['description']}: {test['description']}"
            unknown = group["schema"].get("format", "date-time") not in FORMATS
            tests.append((name, test["valid"] or unknown))
            entries.append(entry(number, test["data"]))
    contract, har = FOLDER / "contract.json", FOLDER / "session.har"
    contract.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "Suite", "version": "1"}, "paths": paths,
                                    "components": {"schemas": schemas}}))
    creator = {"name": "schema_suite.py", "version": "1"}
    har.write_text(json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}))
    command = [program, "replay", har, "--format", "json", "--verbose", "--contract", contract]
    judged = subprocess.run(command, capture_output=True, text=True)
    verdicts = [json.loads(line) for line in judged.stdout.splitlines()]
    if len(verdicts) != len(tests):
        sys.exit(f"{len(verdicts)} verdicts for {len(tests)} tests: {judged.stderr}")
    wrong = [(name, verdict) for (name, valid), verdict in zip(tests, verdicts)
             if verdict["verdict"] != ("passed" if valid else "failed") and not name.endswith(DECIDED)]
    for name, verdict in wrong:
        print(f"WRONG {name}: {verdict['verdict']} {json.dumps(verdict['findings'])}")
    print(f"{len(tests) - len(wrong)} of {len(tests)} right; {left_out} cannot be expressed in OpenAPI 3.0")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
