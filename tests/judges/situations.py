"""Brings a fresh environment of the stand-in into the state that an action needs.

For every operation there is one situation in which it can succeed: the resource, the cookies, and the body that would be
right. Nothing here judges an answer; that is schemathesis's business.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

VENDOR = "application/vnd.pingidentity."
FORM = "application/x-www-form-urlencoded"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller: they lead to hosts that are not ours."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


@dataclass
class Situation:
    """What an operation needs in order to succeed."""

    path: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)
    body: object = None
    headers: dict = field(default_factory=dict)


class Environment:
    """One environment of the stand-in, and the browser and device that talk to it."""

    def __init__(self, base):
        self.base = base
        self.facts = json.loads(self.send("POST", "/_control/environments", b"")[1])
        self.id = self.facts["env"]["id"]
        self.users = {"anna": self.facts["user"], **self.facts["users"]}
        self.cookies = {}

    def close(self):
        self.send("DELETE", f"/_control/environments/{self.id}")

    def send(self, method, path, data=None, headers=None):
        request = urllib.request.Request(self.base + path, method=method, data=data, headers=headers or {})
        try:
            reply = OPENER.open(request)
        except urllib.error.HTTPError as refusal:
            reply = refusal
        with reply:
            return reply.headers, reply.read()

    def code(self, user, kind):
        query = urllib.parse.urlencode({"to": self.users[user]["username"], "kind": kind})
        return json.loads(self.send("GET", f"/_control/environments/{self.id}/messages?{query}")[1])["code"]

    @property
    def bearer(self):
        return {"Authorization": f"Bearer {self.facts['worker']['accessToken']}"}

    @property
    def cookie(self):
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    # -- device authentications ---------------------------------------------------------------------------------

    def authenticate(self, user, policy="default"):
        body = {"user": {"id": self.users[user]["id"]}, "policy": self.facts["policies"][policy]}
        headers = {**self.bearer, "Content-Type": "application/json"}
        return self.json("POST", f"/{self.id}/deviceAuthentications", body, headers)["id"]

    def json(self, method, path, body, headers):
        headers, text = self.send(method, path, None if body is None else json.dumps(body).encode(), headers)
        self.keep(headers)
        return json.loads(text)

    def keep(self, headers):
        for cookie in headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value

    # -- flows --------------------------------------------------------------------------------------------------

    def flow(self, app):
        client = self.facts["apps"][app]["clientId"]
        query = urllib.parse.urlencode({"client_id": client, "response_type": "code", "response_mode": "pi.flow"})
        return self.json("GET", f"/{self.id}/as/authorize?{query}", None, {})["id"]

    def act(self, flow, action, body):
        headers = {**self.cookie, "Content-Type": f"{VENDOR}{action}+json"}
        return self.json("POST", f"/{self.id}/flows/{flow}", body, headers)

    def signed_on(self, app, user):
        flow = self.flow(app)
        self.act(flow, "usernamePassword.check", self.password(user))
        return flow

    def password(self, user):
        return {"username": self.users[user]["username"], "password": self.facts["user"]["password"]}

    # -- device grants ------------------------------------------------------------------------------------------

    def grant(self):
        form = urllib.parse.urlencode({"client_id": self.facts["apps"]["device"]["clientId"]}).encode()
        return json.loads(self.send("POST", f"/{self.id}/as/device_authorization", form, {"Content-Type": FORM})[1])

    def activation(self, confirmed):
        """A flow that asks for the user code; with `confirmed`, one that asks for consent."""
        grant = self.grant()
        headers, _ = self.send("GET", f"/{self.id}/device")
        self.keep(headers)
        flow = urllib.parse.parse_qs(urllib.parse.urlparse(headers["Location"]).query)["flowId"][0]
        self.act(flow, "usernamePassword.check", self.password("anna"))
        code = {"userCode": grant["user_code"]}
        if confirmed:
            self.act(flow, "deviceAuthGrant.userCode.verify", code)
        return flow, code


# Every entry: what the operation is -> the situation in which it succeeds.

# An assertion in form only: it is judged and found wrong, which is an answer like any other.
WRONG_ASSERTION = '{"id":"AAAA","type":"public-key","rawId":"AAAA","response":{"signature":"AAAA"}}'

def _device_authentication(env, auth, body=None):
    return Situation({"deviceAuthID": auth}, body=body, headers=env.bearer)


def _flow(env, flow, body=None):
    return Situation({"flowID": flow}, body=body, headers=env.cookie)


def initialize(env):
    return Situation(body={"user": {"id": env.users["anna"]["id"]}}, headers=env.bearer)


def remembered(env):
    user = env.users["remembered"]
    payload = {"type": "BROWSER", "value": user["payload"]}
    body = {"user": {"id": user["id"]}, "policy": env.facts["policies"]["default"], "payload": payload}
    return Situation(body=body, headers={**env.bearer, "Cookie": user["cookie"]})


def select_device(env):
    device = env.users["several"]["devices"]["sms"]["id"]
    return _device_authentication(env, env.authenticate("several", "promptToSelect"), {"device": {"id": device}})


def check_otp(env):
    auth = env.authenticate("anna")
    return _device_authentication(env, auth, {"otp": env.code("anna", "otp")})


def check_assertion(env):
    body = {"origin": "https://app.example.com", "assertion": WRONG_ASSERTION}
    return _device_authentication(env, env.authenticate("fido2"), body)


def cancel_push(env):
    return _device_authentication(env, env.authenticate("mobile"), {"reason": "CHANGE_DEVICE"})


def flow_otp(env):
    flow = env.signed_on("mfa", "anna")
    return _flow(env, flow, {"otp": env.code("anna", "otp")})


def flow_device(env):
    device = env.users["several"]["devices"]["sms"]["id"]
    return _flow(env, env.signed_on("mfaPrompt", "several"), {"device": {"id": device}})


def flow_assertion(env):
    body = {"origin": "https://app.example.com", "assertion": WRONG_ASSERTION}
    return _flow(env, env.signed_on("mfa", "fido2"), body)


def recover(env):
    flow = env.flow("signOn")
    env.act(flow, "password.forgot", {"username": "anna"})
    return _flow(env, flow, {"recoveryCode": env.code("anna", "recoveryCode"), "newPassword": "Battery-Staple-9"})


def verify(env):
    flow = env.signed_on("signOn", "unverified")
    return _flow(env, flow, {"verificationCode": env.code("unverified", "verificationCode")})


def register(env):
    account = {"username": "zoe", "email": "zoe@example.com", "password": "Battery-Staple-9"}
    return _flow(env, env.flow("registration"), account)


def reset(env):
    body = {"currentPassword": env.facts["user"]["password"], "newPassword": "Battery-Staple-9"}
    return _flow(env, env.signed_on("signOn", "mustChangePassword"), body)


def confirm(env):
    flow = env.flow("accountConfirmation")
    env.send("GET", f"/{env.id}/flows/{flow}", headers=env.cookie)  # the provider sends people back before they look
    return _flow(env, flow, {})


def kerberos(env):
    situation = _flow(env, env.flow("identifierFirst"))
    situation.headers["Authorization"] = f"Negotiate {env.users['kerberos']['ticket']}"
    return situation


def invitation(env):
    code = env.users["invited"]["inviteCode"]
    body = {"inviteCode": code, "password": "Battery-Staple-9", "accept": "true"}
    return _flow(env, env.flow("invitation"), body)


def user_code(env):
    return _flow(env, *env.activation(confirmed=False))


def grant_consent(env):
    return _flow(env, env.activation(confirmed=True)[0], {"accept": True})


def token(env):
    worker = env.facts["worker"]
    client = {"client_id": worker["clientId"], "client_secret": worker["clientSecret"]}
    return Situation(body={"grant_type": "client_credentials", **client})


def authorize(env):
    client = env.facts["apps"]["signOn"]["clientId"]
    return Situation(query={"client_id": client, "response_type": "code", "response_mode": "pi.flow"})


def authorize_by_form(env):
    return Situation(body=authorize(env).query)


def ciba(env):
    app = env.facts["apps"]["signOn"]
    client = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    return Situation(body={"scope": "openid", "login_hint": "anna", **client})


def resume(env):
    flow = env.signed_on("signOn", "anna")
    return Situation(query={"flowId": flow}, headers=env.cookie)


AUTHENTICATIONS = {
    "application/json": initialize,
    f"{VENDOR}payload.check+json": remembered,
}
AUTHENTICATION = {
    None: check_otp,
    f"{VENDOR}device.select+json": select_device,
    f"{VENDOR}otp.check+json": check_otp,
    f"{VENDOR}assertion.check+json": check_assertion,
    f"{VENDOR}cancel.push.authentication+json": cancel_push,
}
FLOW = {
    None: verify,
    "session.reset": lambda env: _flow(env, env.signed_on("mfa", "anna")),
    "usernamePassword.check": lambda env: _flow(env, env.flow("signOn"), env.password("anna")),
    "user.lookup": lambda env: _flow(env, env.flow("identifierFirst"), {"username": "anna"}),
    "password.forgot": lambda env: _flow(env, env.flow("signOn"), {"username": "anna"}),
    "password.sendRecoveryCode": lambda env: _flow(env, recover(env).path["flowID"]),
    "password.recover": recover,
    "password.reset": reset,
    "user.register": register,
    "user.verify": verify,
    "user.sendVerificationCode": lambda env: _flow(env, env.signed_on("signOn", "unverified"), {}),
    "device.select": flow_device,
    "otp.check": flow_otp,
    "assertion.check": flow_assertion,
    "user.update": lambda env: _flow(
        env, env.signed_on("profile", "anna"), {"name": {"given": "Anna", "family": "Berg"}}
    ),
    "user.confirm": confirm,
    "user.consent": lambda env: _flow(env, env.signed_on("agreement", "anna"), {"accept": True}),
    "kerberos.lookup": kerberos,
    "deviceAuthGrant.userCode.verify": user_code,
    "deviceAuthGrant.consent": grant_consent,
    "cancel.push.authentication": lambda env: _flow(
        env, env.signed_on("mfa", "mobile"), {"reason": "CHANGE_DEVICE"}
    ),
    "user.acceptInvite": invitation,
}
SITUATIONS = {
    "/{envID}/deviceAuthentications": AUTHENTICATIONS,
    "/{envID}/deviceAuthentications/{deviceAuthID}": AUTHENTICATION,
    "/{envID}/flows/{flowID}": {
        action and f"{VENDOR}{action}+json": situation for action, situation in FLOW.items()
    },
    "/{envID}/as/authorize": {None: authorize, FORM: authorize_by_form},
    "/{envID}/as/cibaAuthorization": {FORM: ciba},
    "/{envID}/as/resume": {None: resume},
    "/{envID}/as/device_authorization": {
        FORM: lambda env: Situation(body={"client_id": env.facts["apps"]["device"]["clientId"]})
    },
    "/{envID}/as/token": {FORM: token},
    "/{envID}/device": {None: lambda env: Situation()},
    "/{envID}/device/{appIdentifier}": {
        None: lambda env: Situation({"appIdentifier": env.facts["apps"]["device"]["appIdentifier"]})
    },
}


def situation(env, path, media_type):
    """The situation for an operation; for a media type that nobody documented, that of the path's first one."""
    known = SITUATIONS[path]
    return known.get(media_type, next(iter(known.values())))(env)
