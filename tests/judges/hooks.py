"""Takes schemathesis beyond 401 and 404: every request meets a fresh environment, in a state where it could succeed.

Ids and credentials are put in where schemathesis generated a request that is valid as far as the contract can say; what
it broke on purpose stays broken. One more check asks for `x-responses`, which plain OpenAPI cannot say.
"""

import os
import zlib

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from situations import Environment, situation

BASE = os.environ["JUDGES_TENANT"]
TALLY = os.environ["JUDGES_TALLY"]
OPEN = {}


def intact(case, place):
    """Whether schemathesis left this part of the request valid."""
    component = case.meta.components.get(place) if case.meta else None
    return component is None or component.mode == GenerationMode.POSITIVE


def one_in(n, case):
    """A choice that depends on nothing but the request, so that a run can be repeated."""
    # What stands for no body is written with its address, which is another one each time.
    body = None if case.body is NOT_SET else case.body
    return zlib.crc32(repr((case.method, case.path, case.query, body, case.media_type)).encode()) % n == 0


def is_example(case):
    return bool(case.meta) and case.meta.phase.name.value == "examples"


def put_body(case, body):
    """An action without a body still names itself by its media type."""
    case.body = NOT_SET if body is None else body
    if body is None:
        case.headers = {**(case.headers or {}), "Content-Type": case.media_type}


@schemathesis.hook
def before_call(context, case, kwargs):
    env = OPEN[id(case)] = Environment(BASE)
    given = situation(env, case.path, case.media_type)
    example = is_example(case)
    if intact(case, ParameterLocation.PATH):
        case.path_parameters = {**case.path_parameters, "envID": env.id, **given.path}
    if intact(case, ParameterLocation.QUERY) and given.query:
        case.query = {**(case.query or {}), **given.query}
    # Half of the valid bodies stay as generated: valid in form, wrong in substance.
    if case.body is not NOT_SET and intact(case, ParameterLocation.BODY) and (example or one_in(2, case)):
        put_body(case, given.body)
    # Some come without credentials, to see the refusal.
    if example or not one_in(10, case):
        case.headers = {**(case.headers or {}), **given.headers}


@schemathesis.hook
def after_call(context, case, response):
    OPEN.pop(id(case)).close()
    with open(TALLY, "a", encoding="utf-8") as tally:
        print(case.method, case.path, case.media_type or "-", response.status_code, file=tally)


@schemathesis.check
def status_for_media_type(ctx, response, case):
    """`x-responses`: the statuses that hold for one request media type."""
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    allowed = content.get(case.media_type, {}).get("x-responses")
    sent = (case.headers or {}).get("Content-Type", case.media_type)
    if allowed and sent == case.media_type and str(response.status_code) not in allowed:
        raise Failure(
            operation=case.operation.label,
            title="Status not allowed for the request's media type",
            message=f"{response.status_code} is not among x-responses of {case.media_type}: {', '.join(allowed)}",
        )
