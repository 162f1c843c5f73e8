"""Secrets of the environment: found by their names, masked wherever their values reappear."""

import base64
from urllib.parse import quote

import pytest

from pytest_sisyphus import run_secrets
from pytest_sisyphus.redact import MASK, CredentialsRedactor, Redactor, redact_text

CANARY = "canary/8f3a 91"


@pytest.fixture
def given():
    """Of a run: its environment, and the credentials among its options."""
    ends = []

    def give(*credentials, **environ):
        ends.append(run_secrets.activate(environ, credentials))

    yield give
    for end in ends:
        end()


@pytest.mark.parametrize(
    "name",
    [
        *("DB_PASSWORD", "X_TOKEN", "CALLBACK_TOKEN", "SISYPHUS_CALLBACK_SECRET", "MYSQL_PWD"),
        *("AWS_SECRET_ACCESS_KEY", "api_key", "SMTP_PASS", "MY_APP_COOKIE", "signingKey"),
    ],
)
def test_a_variable_of_a_secret_name(given, name):
    given(**{name: CANARY})

    spellings = [CANARY, quote(CANARY), base64.b64encode(f"joe:{CANARY}".encode()).decode()]
    for text in spellings:
        assert redact_text(f"it says {text}!") == f"it says {MASK}!"
        assert Redactor().data({"a": [f"<{text}>"]}) == {"a": [f"<{MASK}>"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PWD", "/srv/project"),
        ("OLDPWD", "/srv/project"),
        ("DESKTOP_SESSION", "plasma-wayland"),
        ("XDG_SESSION_ID", "c1234"),
        ("HOME", "/home/somebody"),
        ("TOKENIZERS_PARALLELISM", "sometimes"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("MONKEY", "bananas-here"),
    ],
)
def test_a_variable_that_holds_no_secret(given, name, value):
    given(**{name: value})

    assert redact_text(f"it says {value}!") == f"it says {value}!"


@pytest.mark.parametrize("value", ["", "1", "abc", "true", "TEST", "localhost", "***"])
def test_what_reports_consist_of_is_no_secret(given, value):
    given(DB_PASSWORD=value)
    text = f"test_a.py::test_it abc 1 {value} true localhost"

    assert redact_text(text) == text


def test_a_short_value_is_masked_as_a_word_only(given):
    given(APP_PIN="4711")

    assert redact_text("4711 of 14711 and 4711a") == f"{MASK} of 14711 and 4711a"
    assert Redactor().data([4711, 47110]) == [MASK, 47110]


def test_blanks_around_a_value_are_not_part_of_it(given):
    given(X_TOKEN=f" {CANARY}\n")

    assert redact_text(f"<{CANARY}>") == f"<{MASK}>"


def test_what_the_run_was_given_by_its_options(given):
    given("the-token-of-13")

    assert redact_text("the-token-of-13 was refused") == f"{MASK} was refused"


@pytest.mark.parametrize(
    "address", ["postgresql://joe:canary%2F91@db/x", "redis://:canary%2F91@cache:6379/0"]
)
def test_the_password_in_an_address_of_the_service(given, address):
    given(SISYPHUS_DATABASE_URL=address)

    assert redact_text("is it canary/91 or canary%2F91?") == f"is it {MASK} or {MASK}?"


def test_what_may_be_shown_never_shows_our_own(given):
    given("the-token-of-13", CALLBACK_TOKEN="canary-1", DB_PASSWORD="canary-2")
    data = {"password": "canary-2", "token": "canary-1 the-token-of-13", "canary-1": 5}
    data["headers_list"] = [["Set-Cookie", "sid=canary-2"]]

    assert CredentialsRedactor().data(data) == {
        "password": "canary-2",
        "headers_list": [["Set-Cookie", "sid=canary-2"]],
        "token": f"{MASK} {MASK}",
        MASK: 5,
    }


def test_a_nested_run_ends_with_its_secrets(given):
    given(DB_PASSWORD="canary-outer")
    end = run_secrets.activate({"DB_PASSWORD": "canary-inner"}, ())
    inner = redact_text("canary-inner canary-outer")
    end()

    assert inner == f"{MASK} canary-outer"
    assert redact_text("canary-inner canary-outer") == f"canary-inner {MASK}"


def test_a_case_learns_what_came_after_the_run_began(given):
    given()
    redactor = Redactor(extra_names=["house"])
    redactor.learn_environment({"DB_PASSWORD": "canary-1", "MY_HOUSE": "canary-2", "A": "canary-3"})

    assert redactor.text("canary-1 canary-2 canary-3") == f"{MASK} {MASK} canary-3"


def test_all_redactors_of_a_run_share_one_search(given):
    given(**{f"A{number}_TOKEN": f"canary-{number}" for number in range(50)})
    first = Redactor()
    first.text("x" * 100)

    assert Redactor()._run_values is first._run_values
    assert first._run_values._matcher is not None
    assert not first._own_values
