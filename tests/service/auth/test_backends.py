"""Where logins come from, what they allow, and what happens to those who guess."""

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import secrets
import time
from functools import partial

import jwt
import pytest
import redis as redis_client
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from service_kit import API, SECRET, TOKEN, Service
from services import redis_url  # noqa: F401 -- a fixture
from starlette.testclient import TestClient

from orchestrator import server
from orchestrator.auth.backends import ALL_PERMISSIONS, Permission, permissions_of
from orchestrator.auth.jwt import JwtAuth, JwtSettings
from orchestrator.auth.redis import RedisAuth
from orchestrator.auth.throttle import LoginThrottle
from orchestrator.errors import NoToken, StartupError, TooManyAttempts, Unavailable
from orchestrator.secrets import Secret, masked, new_token

SHARED = "a-shared-secret-of-more-than-sixty-four-characters-0123456789-0123456789"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key):
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, public).decode()


def private_pem(key):
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, none).decode()


def token(key=SHARED, algorithm="HS256", headers=None, **claims):
    claims = {"sub": "8", "exp": time.time() + 3600, **claims}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


@pytest.fixture
def redis(redis_url):  # noqa: F811 -- the fixture
    """A client, a prefix of our own, and the logins that read there."""
    client, prefix = redis_client.Redis.from_url(redis_url), f"sisyphus:{secrets.token_hex(6)}:"
    logins = RedisAuth(Secret(redis_url), prefix=prefix, field="userId", permissions="permissions")
    yield client, prefix, logins
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)
    client.close()
    logins._redis.close()


@pytest.mark.parametrize(
    ("value", "user", "permissions"),
    [
        ("8", 8, ALL_PERMISSIONS),
        ('"8"', 8, ALL_PERMISSIONS),
        ('{"userId": 8}', 8, ALL_PERMISSIONS),
        ('{"userId": "8", "permissions": ["view", "run"]}', 8, {"view", "run"}),
        ('{"userId": 8, "permissions": "view"}', 8, {"view"}),
        ('{"userId": 8, "permissions": []}', 8, set()),
    ],
)
def test_a_login_in_redis_stands_for_its_user_and_keeps_its_expiry(redis, value, user, permissions):
    client, prefix, logins = redis
    client.set(f"{prefix}t", value, ex=1000)

    caller = logins.authenticate("t")

    assert (caller.user_id, caller.permissions) == (user, permissions)
    assert 990 < client.ttl(f"{prefix}t") <= 1000


@pytest.mark.parametrize(
    "value", ["", "x", "0", "-1", "true", "1.5", "null", "[8]", "{}", '{"userId": null}', "9" * 30]
)
def test_what_is_no_user_in_redis_is_nobody(redis, value):
    client, prefix, logins = redis
    client.set(f"{prefix}t", value)
    client.rpush(f"{prefix}list", "8")
    for wrong in ("t", "list", "unknown", "", "x" * 5000):
        with pytest.raises(NoToken):
            logins.authenticate(wrong)


def test_a_redis_that_is_away_is_not_a_wrong_token():
    logins = RedisAuth(Secret("redis://127.0.0.1:1/0"), prefix="", field="id", permissions="p")
    with pytest.raises(Unavailable):
        logins.authenticate("t")


def test_the_service_takes_logins_from_redis(redis, redis_url, tmp_path):  # noqa: F811
    client, prefix, _ = redis
    client.set(f"{prefix}mine", '{"userId": 77, "permissions": "view,run"}')
    options = {"auth": "redis", "redis_url": Secret(redis_url), "redis_prefix": prefix}
    with Service(tmp_path, **options) as service:
        service.catalog(1)
        headers = {"token": "mine"}
        body = {"caseId": 1, "envCode": "st"}
        row = service.client.post(f"{API}/case/run", json=body, headers=headers).json()["data"]
        assert row["trigger_by"] == 77
        answer = service.client.post(f"{API}/plan/delete", json={"planId": 1}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, 40003)
        assert service.front_response("/execution/list").status_code == 401


@pytest.mark.parametrize(
    ("key", "sign", "algorithm"),
    [
        (SHARED, SHARED, "HS256"),
        (SHARED, SHARED, "HS512"),
        (pem(RSA_KEY), RSA_KEY, "RS256"),
        (pem(RSA_KEY), RSA_KEY, "PS384"),
        (pem(EC_KEY), EC_KEY, "ES256"),
    ],
)
def test_a_signed_token_stands_for_its_user(key, sign, algorithm):
    logins = JwtAuth(JwtSettings(key=Secret(key)))
    caller = logins.authenticate(token(sign, algorithm, permissions=["view"]))
    assert (caller.user_id, caller.permissions) == (8, {Permission.VIEW})


UNSIGNED = jwt.encode({"sub": "8", "exp": 9e9}, None, algorithm="none")


@pytest.mark.parametrize(
    ("rules", "wrong", "why"),
    [
        ({"key": SHARED}, token(exp=None), "MissingRequiredClaimError (exp)"),
        ({"key": SHARED}, token(exp=1), "ExpiredSignatureError"),
        ({"key": SHARED}, token(nbf=time.time() + 100_000), "ImmatureSignatureError"),
        ({"key": SHARED}, token(sub=None), "the user's id is no positive whole number"),
        ({"key": SHARED}, token(sub="admin"), "the user's id is no positive whole number"),
        (
            {"key": SHARED},
            token("another-secret-of-forty-characters-01234"),
            "InvalidSignatureError",
        ),
        ({"key": SHARED}, token(RSA_KEY, "RS256"), "InvalidAlgorithmError"),
        ({"key": SHARED}, UNSIGNED, "InvalidAlgorithmError"),
        ({"key": SHARED}, "not.a.token", "DecodeError"),
        ({"key": SHARED}, "", ""),
        ({"key": SHARED}, "x" * 20_000, "the token has more than 16384 characters"),
        ({"key": SHARED, "algorithms": ("HS512",)}, token(), "InvalidAlgorithmError"),
        ({"key": SHARED, "audience": "tests"}, token(), "MissingRequiredClaimError (aud)"),
        ({"key": SHARED, "audience": "tests"}, token(aud="others"), "InvalidAudienceError"),
        ({"key": SHARED, "issuer": "us"}, token(iss="them"), "InvalidIssuerError"),
        ({"key": pem(RSA_KEY)}, token(EC_KEY, "ES256"), "InvalidAlgorithmError"),
        ({"key": pem(RSA_KEY)}, UNSIGNED, "InvalidAlgorithmError"),
    ],
)
def test_a_token_that_does_not_fit_is_nobody(rules, wrong, why):
    logins = JwtAuth(JwtSettings(**{**rules, "key": Secret(rules["key"])}))
    with pytest.raises(NoToken) as refused:
        logins.authenticate(wrong)
    assert refused.value.reason == why


def test_a_public_key_is_never_taken_for_a_shared_secret():
    """The classic confusion: HS256 over the text of the public key."""
    public = pem(RSA_KEY)
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "8", "exp": int(time.time()) + 60}]
    text = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts
    )
    signature = hmac.new(public.encode(), text, hashlib.sha256).digest()
    forged = text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")

    with pytest.raises(NoToken):
        JwtAuth(JwtSettings(key=Secret(public))).authenticate(forged.decode())


def jwk(key, key_id):
    algorithm = jwt.algorithms.RSAAlgorithm if key is RSA_KEY else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig"}


def test_keys_of_a_file_are_chosen_by_their_id_and_read_again_when_they_change(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [jwk(RSA_KEY, "a"), jwk(EC_KEY, "b")]}))
    logins = JwtAuth(JwtSettings(jwks=path, audience="tests"))
    good = token(EC_KEY, "ES256", {"kid": "b"}, aud="tests")
    assert logins.authenticate(good).user_id == 8
    for wrong in (
        token(EC_KEY, "ES256", {"kid": "a"}, aud="tests"),
        token(EC_KEY, "ES256", aud="tests"),
        token(EC_KEY, "ES256", {"kid": "c"}, aud="tests"),
    ):
        with pytest.raises(NoToken):
            logins.authenticate(wrong)

    path.write_text("half wri")
    assert logins.authenticate(good).user_id == 8
    path.write_text(json.dumps({"keys": [jwk(RSA_KEY, "a")]}))
    with pytest.raises(NoToken):
        logins.authenticate(good)


def forged(header, secret=None):
    """A token with this header, as `jwt` would not make it; signed by HS256 with `secret`."""
    claims = {"sub": "8", "exp": int(time.time()) + 3600}
    text = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims)
    )
    made = b"" if secret is None else hmac.new(secret, text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(made).rstrip(b"=")).decode()


THEIRS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HS = {"alg": "HS256", "typ": "JWT"}
RS = {"alg": "RS256", "typ": "JWT", "kid": "a"}


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            partial(forged, {"alg": name, "kid": "a"})
            for name in ("none", "None", "NONE", "nOnE", "")
        ),
        partial(forged, {"typ": "JWT", "kid": "a"}),
        partial(forged, {"alg": ["RS256"], "kid": "a"}),
        partial(forged, RS),
        *(
            partial(forged, {**HS, "kid": kid}, secret)
            for kid in ("a", "b")
            for secret in (pem(RSA_KEY).encode(), pem(RSA_KEY).strip().encode(), b"")
        ),
        *(
            partial(forged, {**HS, "kid": kid}, b"")
            for kid in (
                "../../../dev/null",
                "/dev/null",
                "' UNION SELECT 'x",
                "",
                ["a"],
                {},
                1,
                None,
            )
        ),
        partial(token, THEIRS, "RS256", {"kid": "a"}),
        partial(token, THEIRS, "RS256", {"kid": "a", "jku": "http://127.0.0.1:1/keys"}),
        partial(token, THEIRS, "RS256", {"kid": "a", "x5u": "http://127.0.0.1:1/keys"}),
        partial(token, THEIRS, "RS256", {"kid": "theirs"}),
        partial(token, RSA_KEY, "RS256", {"kid": "a", "crit": ["unknown"], "unknown": 1}),
        partial(token, RSA_KEY, "RS256", {"kid": "enc"}),
        partial(token, RSA_KEY, "RS256", {"kid": "twice"}),
        partial(token, RSA_KEY, "RS256", {"kid": "a"}, exp=float("inf")),
        partial(token, RSA_KEY, "RS256", {"kid": "a"}, exp="soon"),
    ],
)
def test_no_trick_with_a_header_gets_in_by_a_set_of_keys(tmp_path, wrong):
    path = tmp_path / "jwks.json"
    keys = [jwk(RSA_KEY, "a"), jwk(EC_KEY, "b"), {**jwk(RSA_KEY, "enc"), "use": "enc"}]
    keys += [jwk(RSA_KEY, "twice")] * 2
    path.write_text(json.dumps({"keys": keys}))
    logins = JwtAuth(JwtSettings(jwks=path))
    assert logins.authenticate(token(RSA_KEY, "RS256", {"kid": "a"})).user_id == 8

    with pytest.raises(NoToken):
        logins.authenticate(wrong())


ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
USELESS = [
    "",
    "half wri",
    "[]",
    "null",
    '{"keys": {}}',
    '{"keys": []}',
    '{"keys": [1, null, {}]}',
    json.dumps({"keys": [{**ED25519, "kid": "e"}]}),
    json.dumps({"keys": [{**jwk(RSA_KEY, "a"), "alg": "HS256"}]}),
    "[" * 100_000,
    " " * (1024 * 1024 + 1),
]


@pytest.mark.parametrize("text", USELESS, ids=range(len(USELESS)))
def test_a_set_of_keys_that_cannot_be_used_leaves_those_of_before(tmp_path, text):
    path = tmp_path / "jwks.json"
    path.write_text(text)
    with pytest.raises(StartupError, match="no usable key"):
        JwtAuth(JwtSettings(jwks=path))

    path.write_text(json.dumps({"keys": [jwk(RSA_KEY, "a")]}))
    logins = JwtAuth(JwtSettings(jwks=path))
    path.write_text(text)
    assert logins.authenticate(token(RSA_KEY, "RS256", {"kid": "a"})).user_id == 8
    path.unlink()
    assert logins.authenticate(token(RSA_KEY, "RS256", {"kid": "a"})).user_id == 8


def test_a_key_for_others_beside_ours_keeps_nobody_out(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [{**ED25519, "kid": "e"}, jwk(RSA_KEY, "a")]}))
    assert JwtAuth(JwtSettings(jwks=path)).authenticate(token(RSA_KEY, "RS256", {"kid": "a"}))


@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY])
def test_a_private_key_in_a_set_is_refused(tmp_path, key):
    path = tmp_path / "jwks.json"
    algorithm = jwt.get_algorithm_by_name("RS256" if key is RSA_KEY else "ES256")
    private = {**json.loads(algorithm.to_jwk(key)), "kid": "p"}
    path.write_text(json.dumps({"keys": [jwk(RSA_KEY, "a"), private]}))
    with pytest.raises(StartupError, match="no usable key: its key 'p' is a private one"):
        JwtAuth(JwtSettings(jwks=path))


def test_a_set_of_keys_that_nobody_writes_is_not_waited_for(tmp_path):
    path = tmp_path / "jwks.json"
    os.mkfifo(path)
    with pytest.raises(StartupError, match="it is no file"):
        JwtAuth(JwtSettings(jwks=path))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"key": Secret("short")}, "shorter than 32"),
        ({"key": Secret("-----BEGIN NONSENSE-----")}, "not a public key"),
        ({"key": Secret(private_pem(RSA_KEY))}, "is a private key, .* openssl pkey .* -pubout"),
        ({"key": Secret(private_pem(EC_KEY))}, "is a private key"),
        ({"key": Secret(SHARED), "algorithms": ("RS256",)}, "the key signs by HS256"),
    ],
)
def test_rules_that_let_nobody_in_are_refused_at_the_start(rules, message):
    with pytest.raises(StartupError, match=message):
        JwtAuth(JwtSettings(**rules))


@pytest.mark.parametrize(
    ("names", "granted"),
    [
        (None, {"view", "run", "manage"}),
        ("view", {"view"}),
        ("view, run", {"view", "run"}),
        (["manage", 3, "fly"], {"manage"}),
        ("", set()),
        (7, set()),
    ],
)
def test_permissions_are_what_the_source_says(names, granted):
    assert permissions_of(names) == granted


@pytest.mark.parametrize(
    ("granted", "path", "code"),
    [
        ("view", "/case/run", 40003),
        ("view", "/execution/cancel", 40003),
        ("view", "/execution/token", 40003),
        ("view", "/execution/poll", 20000),
        ("run", "/plan/save", 40003),
        ("run,view", "/plan/delete", 40003),
        ("run", "/case/run", 20000),
        ("manage", "/case/run", 40003),
    ],
)
def test_a_static_token_may_do_what_was_granted(service, granted, path, code):
    service.catalog(1)
    service.sql("UPDATE static_token SET permissions = :p", p=granted)
    assert service.front(path, {"caseId": 1, "envCode": "st"})["code"] == code


def test_a_refusal_names_the_permission_that_is_missing(service):
    service.sql("UPDATE static_token SET permissions = 'view'")
    said = service.front("/execution/cancel", {"executionId": 1})
    assert said["msg"] == "没有该操作的权限：run"


def test_who_guesses_has_to_wait_and_is_forgotten_after_a_minute():
    now = 100.0
    throttle = LoginThrottle(3, lambda: now)
    for _ in range(3):
        throttle.check("a")
        throttle.record_failure("a", "wrong")
    with pytest.raises(TooManyAttempts):
        throttle.check("a")
    throttle.check("b")
    now = 161.0
    throttle.check("a")
    for n in range(20_000):
        throttle.record_failure(str(n), "wrong")
    assert len(throttle._failures) == 10_000


def test_guessing_is_slowed_down_but_a_runner_with_its_token_goes_on(tmp_path):
    with Service(tmp_path, login_failures=2) as service:
        number = service.started(1)
        callback = service.runner.jobs[0].callback_token.reveal()
        for _ in range(2):
            assert service.client.get(f"{API}/execution/list").status_code == 401
            wrong = {"X-CALLBACK-SECRET": "guess"}
            assert service.client.post(f"{API}/case/sync", headers=wrong).status_code == 403
        answer = service.client.get(f"{API}/execution/list", headers={"token": TOKEN})
        assert (answer.status_code, answer.json()["code"]) == (429, 42900)
        assert answer.headers["retry-after"] == "60"
        right = {"X-CALLBACK-SECRET": SECRET}
        assert service.client.post(f"{API}/case/sync", headers=right).status_code == 429
        beat = service.call("/execution/heartbeat", {"executionId": number}, token=callback)
        assert beat.status_code == 200


def test_the_log_says_why_a_login_was_refused_and_never_the_token(tmp_path, caplog):
    caplog.set_level("INFO", "sisyphus.auth")
    expired = token(exp=1)
    with Service(tmp_path, auth="jwt", jwt_key=Secret(SHARED)) as service:
        service.client.get(f"{API}/execution/list", headers={"token": expired})
        service.client.get(f"{API}/execution/list")
        service.client.post(f"{API}/case/sync", headers={"X-CALLBACK-SECRET": "guessed"})

    assert [record.getMessage().partition(" was ")[2] for record in caplog.records] == [
        "refused: ExpiredSignatureError",
        "refused: the shared secret is another one",
    ]
    assert expired.rpartition(".")[2] not in caplog.text
    assert "guessed" not in caplog.text


def test_a_callback_token_dies_a_while_after_the_end(service):
    number = service.started(1)
    callback = service.runner.jobs[0].callback_token.reveal()
    ask = {"executionId": number, "endTime": "2099-01-01 00:00:00"}
    service.told("/execution/finish", ask)

    service.clock.forward(3 * 24 * 3600)
    assert service.call("/execution/heartbeat", ask, token=callback).status_code == 200
    service.clock.forward(1)
    assert service.call("/execution/heartbeat", ask, token=callback).status_code == 403


@pytest.mark.parametrize("path", ["/healthz", "/nope", f"{API}/execution/list", "/files/x/console"])
def test_every_answer_carries_the_shield(calm, path):
    headers = calm.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "content-security-policy" in headers
    assert "access-control-allow-origin" not in headers


def test_other_origins_may_call_only_where_configured(tmp_path):
    origin = "https://platform.example.com"
    with Service(tmp_path, cors_origins=(origin,)) as service:
        for asked, allowed in ((origin, origin), ("https://evil.example.com", None)):
            answer = service.client.get(f"{API}/execution/list", headers={"Origin": asked})
            assert answer.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize("size", [1, 7, 46, 47, 48, 64, 1000])
def test_a_token_is_masked_wherever_blocks_are_cut(size):
    hidden = new_token().reveal().encode()
    text = b"before " * 20 + hidden + b" between " + hidden + b"x" * 100
    blocks = [text[i : i + size] for i in range(0, len(text), size)]

    shown = b"".join(masked(blocks))

    assert len(shown) == len(text)
    assert hidden not in shown
    assert shown.replace(b"*", b"") == text.replace(hidden, b"")


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [
        ((), [401, 401, 429, 429]),  # whatever it says, it is one address
        (("10.0.0.0/8",), [401, 401, 429, 429]),  # another proxy than this one
        (("127.0.0.1/32",), [401, 401, 401, 429]),  # the first two are one client, the last a third
    ],
)
def test_only_a_trusted_proxy_says_who_calls(tmp_path, trusted, statuses):
    with Service(tmp_path, login_failures=2) as service:
        settings = dataclasses.replace(service.app.state.services.settings, trusted_proxies=trusted)
        config = server.configured(service.app, settings)
        config.load()
        client = TestClient(config.loaded_app, client=("127.0.0.1", 50000))
        said = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "203.0.113.9, 192.0.2.1"]
        answers = [
            client.get(
                f"{API}/case/list", headers={"token": "wrong", "X-Forwarded-For": one}
            ).status_code
            for one in said
        ]

    assert answers == statuses
