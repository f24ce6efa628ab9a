"""Says which operations schemathesis never saw succeed; a judge that met only refusals has judged little.

Usage: reached.py CONTRACT TALLY, where every line of the tally is `method path media-type status`.
"""

import sys

import yaml


def operations(contract):
    for path, item in contract["paths"].items():
        for method in ("get", "post"):
            if method in item:
                for media_type in item[method].get("requestBody", {}).get("content", {"-": None}):
                    yield method.upper(), path, media_type


def main(contract, tally):
    with open(contract, encoding="utf-8") as file:
        wanted = set(operations(yaml.safe_load(file)))
    with open(tally, encoding="utf-8") as file:
        lines = [line.split() for line in file]
    succeeded = {tuple(line[:3]) for line in lines if line[3] < "400"}
    missing = sorted(" ".join(operation) for operation in wanted - succeeded)
    print(f"  {len(lines)} answers, {len(wanted) - len(missing)} of {len(wanted)} operations seen to succeed")
    return "\n".join(["never seen to succeed:", *missing]) if missing else None


sys.exit(main(*sys.argv[1:]))
