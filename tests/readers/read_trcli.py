"""Reads junit.xml by the parser of TestRail's CLI, and compares with report.json. Usage: read_trcli.py FOLDER"""

import json
import sys
from collections import Counter
from pathlib import Path

from trcli.cli import Environment
from trcli.readers.junit_xml import JunitParser

folder = Path(sys.argv[1])
report = json.loads((folder / "report.json").read_text())
environment = Environment(cmd="parse_junit")
environment.file = folder / "junit.xml"
environment.case_matcher = "auto"
suites = JunitParser(environment).parse_file()
cases = [case for suite in suites for section in suite.testsections for case in section.testcases]
PASSED, SKIPPED, FAILED = 1, 4, 5
found = Counter(case.result.status_id for case in cases)
counts = report["counts"]
wanted = {PASSED: counts["passed"], SKIPPED: counts["skipped"], FAILED: counts["failed"] + counts["errored"]}
assert {status: found[status] for status in wanted} == wanted, f"trcli: {found}, and not {wanted}"
# It shows class and name together: neither may repeat the other.
for case in cases:
    folder_part, _, name = (case.custom_automation_id or "").rpartition(".")
    assert not (folder_part and folder_part.replace(".", "/") in name), f"trcli: {case.custom_automation_id}"
