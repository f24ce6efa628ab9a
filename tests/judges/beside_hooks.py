"""Lets schemathesis into the stand-in's default environment; which operations follow each other is for schemathesis to say."""

import schemathesis

ENVIRONMENT = "00000000-0000-4000-8000-000000000001"


@schemathesis.hook
def before_call(context, case, kwargs):
    case.path_parameters = {**(case.path_parameters or {}), "envID": ENVIRONMENT}
    if "deviceAuthentications" in case.path:
        case.headers = {**(case.headers or {}), "Authorization": "Bearer default-worker-token"}
