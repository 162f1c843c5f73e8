"""`verify_ssl: CA file` and `cert`, against a server that asks for a client's certificate."""

import ssl

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from raw_server import answer, raw_server

from pytest_sisyphus.http.certificates import ca_problem
from pytest_sisyphus.i18n import language_set_back, set_language

AUTHORITY = trustme.CA()


@pytest.fixture
def files(pytester):
    """The CA, a client's certificate alone, its key alone, both in one file, and another's key."""
    own, other = AUTHORITY.issue_cert("client.test"), AUTHORITY.issue_cert("other.test")
    AUTHORITY.cert_pem.write_to_path("ca.pem")
    own.cert_chain_pems[0].write_to_path("client.pem")
    own.private_key_pem.write_to_path("client.key")
    own.private_key_and_cert_chain_pem.write_to_path("both.pem")
    other.private_key_pem.write_to_path("other.key")
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (pytester.path / "encrypted.key").write_bytes(encrypted)
    return pytester.path


@pytest.fixture
def url(files):
    """Of a server that answers only who shows a certificate of the CA."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(tls)
    AUTHORITY.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    with raw_server({"/": answer(b"{}"), "/moved": _MOVED}, tls=tls) as server:
        yield server.url


_MOVED = answer(b"", "Location: /", status="302 Found")


def case(url, *, config="", step=""):
    return f"""
    name: case
    config: {{base_url: "{url}", timeout: 5{config and ", "}{config}}}
    steps:
    - {{name: s, url: /{step and ", "}{step}}}
    """


@pytest.mark.parametrize(
    ("config", "step"),
    [
        ("", "verify_ssl: ca.pem, cert: both.pem"),
        ("", "verify_ssl: ca.pem, cert: [client.pem, client.key]"),
        ("verify_ssl: ca.pem, cert: [client.pem, client.key]", ""),
        ("verify_ssl: ca.pem, cert: [client.pem, client.key]", "url: /moved"),
        (
            "active_profile: st, profiles: {st: {verify_ssl: ca.pem, cert: both.pem}}",
            "",
        ),
        (
            'variables: {v: client}, verify_ssl: ca.pem, cert: ["${v}.pem", "${v}.key"]',
            "",
        ),
    ],
)
def test_who_shows_a_certificate_is_answered(run_yaml, url, config, step):
    run = run_yaml(case(url, config=config, step=step).replace("url: /, url", "url"))

    assert run.outcomes == {"passed": 1}, run.stdout


@pytest.mark.parametrize(
    ("config", "step"),
    [
        ("verify_ssl: ca.pem", ""),
        ("verify_ssl: ca.pem, cert: both.pem", "cert: null"),
        (
            "verify_ssl: ca.pem, cert: both.pem, active_profile: a, profiles: {a: {cert: null}}",
            "",
        ),
    ],
)
def test_who_shows_none_is_told_what_to_write(run_yaml, url, config, step):
    run = run_yaml(case(url, config=config, step=step))

    error = run.steps["s"]["error_info"]
    assert error["category"] == "network"
    assert "certificate required" in error["message"]
    assert error["suggestion"].endswith("cert: its path, or [cert, key]")


def test_another_ca_is_not_believed(run_yaml, url):
    trustme.CA().cert_pem.write_to_path("ca.pem")

    run = run_yaml(case(url, config="verify_ssl: ca.pem, cert: both.pem"))

    assert "certificate verify failed" in run.error("s")
    assert "the path of a CA file" in run.steps["s"]["error_info"]["suggestion"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("verify_ssl: client.key", "verify_ssl: 'client.key' holds no certificate: PEM text"),
        ("cert: client.pem", "cert: 'client.pem' holds no private key; write cert: [certificate"),
        ("cert: client.key", "cert: 'client.key' holds no certificate: PEM text"),
        ("cert: [client.pem, ca.pem]", "cert: 'ca.pem' holds no private key; PEM text is needed"),
        (
            "cert: [client.pem, other.key]",
            "cert: the private key in 'other.key' does not belong to the certificate in 'client.pem'",
        ),
        (
            "cert: [client.pem, encrypted.key]",
            "cert: the private key in 'encrypted.key' is encrypted; one without a passphrase",
        ),
        ("verify_ssl: broken.pem", "verify_ssl: 'broken.pem' holds a certificate that cannot be"),
        ("verify_ssl: large.pem", "verify_ssl: 'large.pem' is larger than any bundle"),
    ],
)
@pytest.mark.parametrize("place", ["step", "config", "profile", "template"])
def test_a_file_that_is_none_is_named_with_its_place(run_yaml, files, keys, message, place):
    url = "https://127.0.0.1:1"
    (files / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    with (files / "large.pem").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    key, value = keys.split(": ")
    texts = {
        "step": case(url, step=keys),
        "config": case(url, config=keys),
        "profile": case(url, config=f"active_profile: a, profiles: {{a: {{{keys}}}}}"),
        "template": case(url, config=f"variables: {{v: {value}}}", step=f"{key}: '${{v}}'"),
    }

    run = run_yaml(texts[place])

    if place == "template":
        assert run.error("s").startswith(f"case.yaml:4: {message}")
        assert run.steps["s"]["error_info"]["type"] == "ConfigError"
    else:
        assert run.outcomes == {"errors": 1}
        assert f"case.yaml:{4 if place == 'step' else 2}:" in run.stdout
        assert message in run.stdout


def test_one_that_is_replaced_after_collection_is_found_again(run_yaml, files, url):
    text = case(url, config="verify_ssl: ca.pem, cert: both.pem")
    assert run_yaml(text, "-pcacheprovider").outcomes["passed"] == 1
    (files / "ca.pem").write_text("nothing")

    run = run_yaml(text, "-pcacheprovider")

    assert "'ca.pem' holds no certificate" in run.stdout
    assert run.outcomes["errors"] == 1


def test_a_mistake_in_a_file_is_told_in_the_language_of_now(tmp_path):
    """What is known of a file is kept, not how it was said."""
    (tmp_path / "ca.pem").write_text("x")
    said = []
    with language_set_back():
        for one in ("en", "zh"):
            set_language(one)
            said.append(ca_problem(tmp_path / "ca.pem").split(":")[0])

    assert said[0] == "'ca.pem' holds no certificate"
    assert said[1].startswith("'ca.pem' 中没有证书")
