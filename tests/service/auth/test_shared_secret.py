"""The shared secret, where it can be guessed: allowed, said aloud, and harmless to consoles."""

import pytest
from command_kit import serving

from orchestrator.secrets import Secret, mask


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", "E   assert 'secret' == \"longer secret\""),
        ("'", "E   assert 'secret' == \"longer secret\""),
        ("secret", "E   assert 'secret' == \"longer secret\""),
        ("longer secret", "E   assert 'secret' == \"***\""),
    ],
)
def test_a_short_secret_blanks_no_words_of_a_console(secret, shown):
    assert mask("E   assert 'secret' == \"longer secret\"", [Secret(secret)]) == shown


@pytest.mark.parametrize(("secret", "warned"), [("1234567", True), ("12345678", False)])
def test_serve_warns_of_a_short_secret(tmp_path, secret, warned):
    with serving(tmp_path, "--auth", "none", "--runner", "external", "--callback-secret", secret):
        pass
    log = (tmp_path / "stderr").read_text()
    text = "--callback-secret: the secret is shorter than 8 characters"
    assert (text in log, secret in log) == (warned, False)


def test_the_doctor_finds_a_short_secret(cli):
    def found(*arguments):
        lines = cli("doctor", "--runner", "external", *arguments)[1].splitlines()
        return next(line for line in lines if "secret:" in line)

    assert found("--callback-secret", "hunter2").startswith("FAIL  secret: --callback-secret: the")
    assert found("--callback-secret", "hunter2hunter2") == "ok    secret: long enough"
    assert found() == "ok    secret: none: only an execution's token opens"
