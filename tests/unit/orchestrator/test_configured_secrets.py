"""Secrets of the service: which there are, and how they are taken out of texts and files."""

import dataclasses

import pytest

from orchestrator.config.configured_secrets import secrets_of, variables
from orchestrator.config.settings import Settings
from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret, mask, masked, new_token

LONG, LONGER = Secret("a-shared-secret"), Secret("a-shared-secret-with-more")
ODD = Secret('p<&">\\wörd/ ?')


def test_every_option_that_is_a_secret_is_withheld_from_tests():
    given = Settings()
    secret = {
        f.name for f in dataclasses.fields(given) if isinstance(getattr(given, f.name), Secret)
    }
    names = {f"SISYPHUS_{name.upper()}" for name in {*secret, "webhooks", "database_url"}}
    assert names >= {"SISYPHUS_CALLBACK_SECRET", "SISYPHUS_JWT_KEY"}
    assert set(variables()) == names | {"SISYPHUS_SECRET", "CALLBACK_SECRET", "SISYPHUS_TOKEN"}


def test_the_secrets_are_those_of_all_options_and_the_passwords_in_addresses():
    settings = Settings(
        callback_secret=Secret("the-callback-secret"),
        jenkins_token=Secret("the-jenkins-token"),
        jwt_key=Secret("the-jwt-key"),
        database_url="postgresql+psycopg://me:p%40ssword@db:5432/x",
        redis_url=Secret("redis://cache/0?password=of+redis"),
        webhooks=(Webhook(name="w", url=Secret("https://h/k"), secret=Secret("signs")),),
    )
    assert {secret.reveal() for secret in secrets_of(settings)} == {
        *("the-callback-secret", "the-jenkins-token", "the-jwt-key"),
        *("p%40ssword", "p@ssword", "of+redis", "of redis", "https://h/k", "signs"),
    }
    assert secrets_of(Settings()) == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<a-shared-secret-with-more>", "<***>"),
        ("a-shared-secrets", "***s"),
        ('p<&">\\wörd/ ?', "***"),
        ("p&lt;&amp;&quot;&gt;\\wörd/ ?", "***"),
        (r"p<&\">\\wörd/ ?", "***"),
        ("p%3C%26%22%3E%5Cw%C3%B6rd%2F%20%3F", "***"),
        ("short", "short"),
    ],
)
def test_a_secret_is_masked_however_it_is_written(text, shown):
    hidden = [LONG, LONGER, ODD, Secret("short"), Secret("")]
    assert mask(text, hidden) == shown
    whole = b"".join(masked([text.encode()], hidden))
    assert whole.count(b"*") == len(text.encode()) - len(shown.replace("***", "").encode())


@pytest.mark.parametrize("size", [1, 2, 7, 15, 16, 50, 4096])
def test_a_file_is_masked_also_where_two_blocks_meet(size):
    token = new_token().reveal()
    secrets = [LONG.reveal(), LONGER.reveal(), token, LONG.reveal() + token]
    text = " | ".join(secrets).encode() * 3
    blocks = [text[i : i + size] for i in range(0, len(text), size)]

    shown = b"".join(masked(blocks, [LONG, LONGER]))

    assert shown == b" | ".join(b"*" * len(secret) for secret in secrets) * 3
    assert len(shown) == len(text)
