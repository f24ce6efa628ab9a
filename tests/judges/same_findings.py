#!/usr/bin/env python3
"""Whether two builds of Flowproof find the same: the suite is run against the stand-in with every fault that both know, by both.

    tests/judges/same_findings.py OLD NEW [CASES]

Compared are the verdict, the findings and the counts of checks of every scenario, byte for byte as the journals have them,
but for the port of the stand-in, times, and ids that are made anew in every run. Ends with 1 when anything differs.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHANGES = [
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)?"), "TIME"),
    (re.compile(r"\b\d+ ms\b"), "MS"),
]

# Members of a finding that older builds do not write.
ADDED = {"wfc"}


def faults(binary):
    """The names of all faults, as the help of `run` lists them."""
    shown = subprocess.run([binary, "run", "--help"], capture_output=True, text=True, check=True).stdout
    described = shown.split("--fault <FAULT>", 1)[1].split("--jobs", 1)[0]
    names = re.findall(r"^\s+-\s*([a-z][a-z0-9-]+):", described, re.MULTILINE)
    assert names, "the help lists faults"
    return names


def judged(binary, cases, fault):
    """Every scenario with what is compared of it, as text."""
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "run", cases, "--jobs", "1", "--quiet", "--report", folder]
        command += ["--fault", fault] if fault else []
        subprocess.run(command, capture_output=True, check=False)
        lines = [json.loads(line) for line in (Path(folder) / "journal.jsonl").read_text().splitlines()]
    kept = {}
    for record in (line["scenario"] for line in lines if "scenario" in line):
        findings = [{name: value for name, value in found.items() if name not in ADDED} for found in record.get("findings", [])]
        text = json.dumps([record["verdict"], findings, record.get("checks")], ensure_ascii=False)
        for pattern, stands in CHANGES:
            text = pattern.sub(stands, text)
        kept[record["name"]] = text
    return kept


def main(old, new, cases="cases"):
    differing = 0
    known = faults(old)
    for fault in [None, *(fault for fault in faults(new) if fault in known)]:
        before, after = judged(old, cases, fault), judged(new, cases, fault)
        names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        differing += len(names)
        findings = sum(len(json.loads(text)[1]) for text in after.values())
        print(f"{fault or 'no fault':32} {len(after):5} scenarios {findings:6} findings, {len(names)} differ", flush=True)
        for name in names[:3]:
            print(f"  {name}\n    old {before.get(name)}\n    new {after.get(name)}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
