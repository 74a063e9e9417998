"""A sign-in provider in a process of its own: OpenID Connect's code flow with PKCE, and all that can go wrong in it.

Run as `python provider.py`; it prints its address. `POST /behave` says in JSON who signs in, and what it does wrong.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from urllib.parse import urlencode

from flask import Flask, abort, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

CLIENT, SECRET = "aftercare", "the client's secret"
RITA = {
    "sub": "248289761001",
    "email": "rita@example.com",
    "email_verified": True,
    "preferred_username": "rita",
}

app = Flask(__name__)
key, stranger = (ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"}) for _ in range(2))
state: dict = {"user": RITA, "wrong": {}, "codes": {}, "asked": []}


def issuer() -> str:
    return request.host_url.rstrip("/")


@app.post("/behave")
def behave():
    state.update({"user": RITA, "wrong": {}, "asked": [], **request.get_json()})
    return ""


@app.get("/asked")
def asked():
    return jsonify(state["asked"])


@app.get("/.well-known/openid-configuration")
def about():
    here = issuer()
    if state["wrong"].get("about") == "down":
        abort(503)
    return jsonify(
        {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/keys",
            "userinfo_endpoint": f"{here}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            **state["wrong"].get("about", {}),
        }
    )


@app.get("/keys")
def keys():
    state["asked"].append("keys")
    return jsonify({"keys": [key.as_dict(private=False)]})


@app.get("/authorize")
def authorize():
    args = request.args
    if (
        args["client_id"] != CLIENT
        or args["response_type"] != "code"
        or args["code_challenge_method"] != "S256"
    ):
        abort(400)
    if "openid" not in args["scope"].split() or not args["nonce"] or len(args["code_challenge"]) != 43:
        abort(400)
    state["asked"].append({"prompt": args.get("prompt")})
    if state["wrong"].get("answer") == "error":
        return redirect(
            f"{args['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': args['state']})}"
        )
    code = secrets.token_urlsafe(16)
    state["codes"][code] = dict(args)
    answer = {"code": code, "state": args["state"], "iss": issuer(), **state["wrong"].get("answer", {})}
    return redirect(f"{args['redirect_uri']}?{urlencode({k: v for k, v in answer.items() if v is not None})}")


@app.post("/token")
def token():
    if state["wrong"].get("token") == "down":
        abort(503)
    if state["wrong"].get("token") == "nonsense":
        return "<h1>Hello</h1>"
    basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    granted = state["codes"].pop(request.form["code"], None)
    verifier = base64.urlsafe_b64encode(hashlib.sha256(request.form["code_verifier"].encode()).digest())
    if request.headers.get("Authorization") != f"Basic {basic}":
        return jsonify({"error": "invalid_client"}), 401
    if granted is None or granted["redirect_uri"] != request.form["redirect_uri"]:
        return jsonify({"error": "invalid_grant"}), 400
    if verifier.rstrip(b"=").decode() != granted["code_challenge"]:
        return jsonify({"error": "invalid_grant", "error_description": "PKCE"}), 400
    wrong, moment = state["wrong"], int(time.time())
    claims = {"iss": issuer(), "aud": CLIENT, "iat": moment, "exp": moment + 300, "nonce": granted["nonce"]}
    told = {"sub": state["user"]["sub"]} if wrong.get("userinfo") else state["user"]
    claims = {**claims, **told, **wrong.get("claims", {})}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jsonify(
        {
            "access_token": "an access token",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": signed(claims, wrong.get("signature")),
        }
    )


def signed(claims: dict, how: str | None) -> str:
    if how == "none":
        parts = ({"alg": "none"}, claims)
        return (
            ".".join(
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
            )
            + "."
        )
    if how == "shared secret":
        from joserfc.jwk import OctKey

        return jwt.encode(
            {"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"]
        )
    chosen = stranger if how == "stranger" else key
    kid = "two" if how == "unknown key" else "one"
    text = jwt.encode({"alg": "ES256", "kid": kid}, claims, chosen)
    return text[:-4] + ("AAAA" if text[-4:] != "AAAA" else "BBBB") if how == "broken" else text


@app.get("/userinfo")
def userinfo():
    if request.headers.get("Authorization") != "Bearer an access token":
        abort(401)
    return jsonify({**state["user"], **state["wrong"].get("userinfo", {})})


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
