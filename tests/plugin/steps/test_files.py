"""`files`, `body_file`: what a file is sent as, and where it is looked for."""

import json

import pytest

from pytest_sisyphus.steps.body import guess_type


def sent(server):
    return server.requests[-1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "application/json"),
        ("报告.csv", "text/csv"),
        ("a.PNG", "image/png"),
        ("a.xml", "text/xml"),
        ("a.pdf", "application/pdf"),
        ("a.tar.gz", "application/gzip"),
        ("a.csv.bz2", "application/x-bzip2"),
        ("a.txt.br", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("README", "application/octet-stream"),
    ],
)
def test_a_type_is_guessed_from_the_name(name, kind):
    assert guess_type(name) == kind


class TestBodyFile:
    def test_its_bytes_are_sent_as_they_are(self, run_steps, server):
        run_steps(
            """
            - name: s
              method: PUT
              url: /anything
              body_file: ${which}.json
            """,
            config="variables: {which: order}",
            order__json='{"price": "${price}", "n":  1}\r\n',
        )

        assert sent(server)["body"] == '{"price": "${price}", "n":  1}\r\n'
        assert sent(server)["headers"]["Content-Type"] == "application/json"

    def test_bytes_that_are_no_text(self, run_steps, server, pytester):
        (pytester.path / "logo.png").write_bytes(bytes(range(256)))

        run = run_steps("- {name: s, method: POST, url: /anything, body_file: logo.png}")

        assert run.outcomes == {"passed": 1}
        assert sent(server)["headers"]["Content-Length"] == "256"
        assert sent(server)["headers"]["Content-Type"] == "image/png"

    @pytest.mark.parametrize("line", ["content-type: text/x-own", "Content-Type: text/x-own"])
    def test_a_given_type_stays(self, run_steps, server, line):
        run_steps(
            f"- {{name: s, method: POST, url: /anything, body_file: a.csv, headers: {{{line}}}}}",
            a__csv="a,b",
        )

        assert sent(server)["headers"]["Content-Type"] == "text/x-own"

    def test_an_empty_file_is_an_empty_body(self, run_steps, server):
        run_steps("- {name: s, method: POST, url: /anything, body_file: a.csv}", a__csv="")

        assert sent(server)["body"] == ""
        assert sent(server)["headers"]["Content-Length"] == "0"

    def test_null_is_no_body(self, run_steps, server):
        run_steps("- {name: s, method: POST, url: /anything, body_file: null}")

        assert sent(server)["headers"]["Content-Length"] == "0"

    def test_one_that_a_template_names_and_that_is_not_there(self, run_steps, server):
        run = run_steps(
            "- {name: s, method: POST, url: /anything, body_file: '${x}.json'}",
            config="variables: {x: nope}",
        )

        assert run.error("s") == "case.yaml:6: cannot read 'nope.json': No such file or directory"
        assert server.requests == []

    def test_one_that_a_template_names_outside_of_the_root(self, run_steps, server):
        run = run_steps(
            "- {name: s, method: POST, url: /anything, body_file: '${x}'}",
            config="variables: {x: /etc/passwd}",
        )

        assert "'/etc/passwd' lies outside of" in run.error("s")
        assert server.requests == []


def test_files_have_types_and_a_field_has_several(run_steps, server):
    run_steps(
        """
        - name: s
          method: POST
          url: /anything
          files:
            docs: [a.csv, {path: a.csv, filename: b.json}, {path: a.csv, content_type: text/x-own}]
        """,
        a__csv="a,b",
    )

    body = sent(server)["body"]
    assert body.count('name="docs"') == 3
    types = [
        line.partition(": ")[2] for line in body.splitlines() if line.startswith("Content-Type")
    ]
    assert types == ["text/csv", "application/json", "text/x-own"]


def test_a_path_is_relative_to_the_file_that_names_it(run_steps, server, pytester):
    folder = pytester.path / "parts"
    folder.mkdir()
    (folder / "order.json").write_text("1")
    (folder / "steps.yaml").write_text(
        "- {name: whole, method: POST, url: /anything, body_file: order.json}\n"
        "- {name: part, method: POST, url: /anything, files: {f: order.json}}\n"
    )

    run = run_steps(
        "- !include parts/steps.yaml\n- {name: own, method: POST, url: /anything, "
        "body_file: parts/order.json}"
    )

    assert run.outcomes == {"passed": 1}, run.stdout
    assert [one["body"] for one in server.requests][::2] == ["1", "1"]


def test_an_included_json_file_is_strict_and_has_places(run_steps, server):
    run = run_steps(
        "- {name: s, method: POST, url: /anything, body: !include order.json}",
        order__json='{"n": 1,\n "m": ${n},\n}',
    )
    assert "order.json:2:7: not JSON" in run.stdout

    run = run_steps(
        "- {name: s, method: POST, url: /anything, body: !include order.json}",
        config="variables: {n: 7}",
        order__json='{"n": 1.50,\n "m": "${n}"}',
    )
    assert json.loads(sent(server)["body"]) == {"n": 1.5, "m": 7}
    assert "1.50" in sent(server)["body"]

    run = run_steps(
        "- {name: s, method: POST, url: /anything, body: !include order.json}",
        order__json='{"n": 1,\n "m": "${nope}"}',
    )
    assert "order.json:2" in run.error("s")
