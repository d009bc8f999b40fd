"""Sets a new Glewlwyd up by its own API, as its administrator: scopes, Ada, two clients, and at last the provider."""

import json
import os
import subprocess
import time
from http.cookiejar import CookieJar
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, Request, build_opener

HOST, PORT, ISSUER, SERVER, VIEWER, EMAIL, PASSWORD, SECRET = (
    os.environ[name] for name in ("HOST", "PORT", "ISSUER", "SERVER", "VIEWER", "EMAIL", "PASSWORD", "SECRET")
)
SCOPES = ["openid", "profile", "email"]


def browser(username, password):
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def call(method, path, body):
        request = Request(f"http://{HOST}:{PORT}/api{path}", json.dumps(body).encode(), method=method)
        request.add_header("Content-Type", "application/json")
        try:
            opener.open(request).read()
        except URLError as error:
            said = error.read().decode() if hasattr(error, "read") else error
            raise SystemExit(f"{method} {path}: {error} {said}")

    call("POST", "/auth/", {"username": username, "password": password})
    return call


def wait_for_start():
    for _ in range(600):
        try:
            return build_opener().open(f"http://{HOST}:{PORT}/config").read()
        except URLError:
            time.sleep(0.1)
    raise SystemExit("it does not answer")


wait_for_start()
admin = browser("admin", "password")
for scope in SCOPES:
    told = {"name": scope, "display_name": scope, "password_required": True, "password_max_age": 0, "scheme": {}}
    admin("PUT" if scope == "openid" else "POST", "/scope/" + ("openid" if scope == "openid" else ""), told)
admin(
    "POST",
    "/user/",
    {
        "username": "ada",
        "name": "Ada",
        "email": EMAIL,
        "password": PASSWORD,
        "scope": ["g_profile", *SCOPES],
        "enabled": True,
    },
)
for name, back, more in (
    (
        "bimgate",
        f"{SERVER}/directory/api/directorysession/onauthenticated",
        {
            "post_logout_redirect_uris": [f"{SERVER}/directory/api/signout"],
            "backchannel_logout_uri": f"{SERVER}/directory/api/backchannel-logout",
            "backchannel_logout_session_required": "1",
        },
    ),
    ("viewer", VIEWER, {}),
):
    admin(
        "POST",
        "/client/",
        {
            "client_id": name,
            "name": name,
            "client_secret": SECRET,
            "confidential": True,
            "enabled": True,
            "redirect_uri": [back],
            "authorization_type": ["code"],
            "token_endpoint_auth_method": ["client_secret_basic"],
            "scope": SCOPES,
            **more,
        },
    )
key = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
public = subprocess.run(["openssl", "rsa", "-pubout"], input=key, capture_output=True, check=True).stdout
admin(
    "POST",
    "/mod/plugin/",
    {
        "module": "oidc",
        "name": "oidc",
        "display_name": "OpenID Connect",
        "order_rank": 0,
        "parameters": {
            "iss": ISSUER,
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": key.decode(),
            "cert": public.decode(),
            "jwks-show": True,
            "access-token-duration": 3600,
            "refresh-token-duration": 86400,
            "code-duration": 60,
            "refresh-token-rolling": True,
            "allow-non-oidc": False,
            "auth-type-code-enabled": True,
            "auth-type-token-enabled": False,
            "auth-type-id-token-enabled": True,
            "auth-type-implicit-enabled": False,
            "auth-type-password-enabled": False,
            "auth-type-client-enabled": False,
            "auth-type-none-enabled": False,
            "auth-type-refresh-enabled": True,
            "pkce-allowed": True,
            "subject-type": "public",
            "name-claim": "mandatory",
            "email-claim": "mandatory",
            "claims": [
                {
                    "name": "email_verified",
                    "user-property": "email",
                    "type": "boolean",
                    "boolean-value-true": EMAIL,
                    "boolean-value-false": "not",
                    "mandatory": True,
                }
            ],
            "session-management-allowed": True,
            "session-cookie-name": "GLEWLWYD2_OIDC_SID",
            "session-cookie-expiration": 2419200,
            "back-channel-logout-allowed": True,
            "front-channel-logout-allowed": True,
            "resource-allowed": True,
            "resource-scope": {"openid": ["https://services.example.org"]},
        },
    },
)
ada = browser("ada", PASSWORD)
for name in ("bimgate", "viewer"):
    ada("PUT", f"/auth/grant/{name}", {"scope": " ".join(SCOPES)})
