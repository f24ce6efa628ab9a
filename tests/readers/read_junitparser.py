"""Reads junit.xml by junitparser, and compares with report.json. Usage: read_junitparser.py FOLDER"""

import json
import sys
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped

folder = Path(sys.argv[1])
counts = json.loads((folder / "report.json").read_text())["counts"]
xml = JUnitXml.fromfile(str(folder / "junit.xml"))
kinds = {Failure: 0, Error: 0, Skipped: 0, None: 0}
names = set()
for suite in xml:
    for case in suite:
        names.add((case.classname, case.name))
        kind = next((type(result) for result in case.result if type(result) in kinds), None)
        kinds[kind] += 1
found = [kinds[None], kinds[Failure], kinds[Error], kinds[Skipped]]
wanted = [counts[name] for name in ("passed", "failed", "errored", "skipped")]
assert found == wanted, f"junitparser: {found}, and not {wanted}"
assert len(names) == sum(wanted), "junitparser: two cases have the same name"
totals = [sum(getattr(suite, name) for suite in xml) for name in ("tests", "failures", "errors", "skipped")]
assert totals == [sum(wanted), *wanted[1:]], f"junitparser: the suites say {totals}"
