"""A text that UTF-8 cannot say fails its own test only."""

from pytest_sisyphus.values.surrogates import escape_all_surrogates

TESTS = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_it(number):
    assert number != 3, "\\ud800 \\u00fc"
"""


def test_half_a_character_in_an_assertion_ends_no_worker(run_yaml):
    run = run_yaml(None, "-p", "xdist", "-n2", test_it__py=TESTS)

    assert run.outcomes == {"passed": 5, "failed": 1}
    assert r"AssertionError: \ud800 ü" in run.stdout
    assert "INTERNALERROR" not in run.stdout


def test_only_what_cannot_be_encoded_changes():
    data = {"a\ud800": ["ü", ("\udcff", 1, None)], "b": "plain"}

    assert escape_all_surrogates(data) == {"a\\ud800": ["ü", ("\\udcff", 1, None)], "b": "plain"}
