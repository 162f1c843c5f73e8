"""Files become items: spellings, includes, complaints with their place."""

import pytest


def complaints(run):
    """The lines between the error's title and the summary."""
    lines = run.stdout.splitlines()
    return [line for line in lines if line.startswith(("case.yaml:", "part.yaml:"))]


STEP = "- {name: s, url: /anything}"


class TestWhichFilesAreCases:
    @pytest.mark.parametrize(
        ("text", "passed"),
        [
            ("name: a\nsteps:\n- {name: s, url: /anything}\n", 1),
            ("'name': a\n\"steps\":\n- {name: s, url: /anything}\n", 1),
            ("\ufeffname: a\nsteps:\n- {name: s, url: /anything}\n", 1),
            ("name: ci\non: push\nsteps: []\n", 0),
            ("name: ci\njobs: {}\nsteps: []\n", 0),
            ("pool: {}\nname: ci\nsteps: []\n", 0),
            ("a: 1\n", 0),
            (" name: indented\n steps: []\n", 0),
        ],
    )
    def test_by_their_top_level_keys(self, run_yaml, server, text, passed):
        run = run_yaml(None, f"--sisyphus-var=base_url={server.url}", case__yaml=text)

        assert run.outcomes.get("passed", 0) == passed

    def test_a_file_named_on_the_command_line_is_always_taken(self, run_yaml):
        run = run_yaml("a: 1\n", "case.yaml")

        assert "case.yaml:1:1: unknown key 'a'" in run.stdout
        assert "'steps' is missing" in run.stdout

    def test_the_ini_option_narrows_them(self, run_yaml, server):
        text = f"name: a\nconfig: {{base_url: {server.url}}}\nsteps:\n{STEP}\n"
        run = run_yaml(text, "-o", "sisyphus_files=other/*.yaml")

        assert "no tests ran" in run.stdout


class TestSpellings:
    def test_both_step_spellings_and_several_documents(self, run_yaml, server):
        run = run_yaml(
            f"""
            name: first
            config: {{base_url: {server.url}}}
            steps:
              - name: one
                url: /anything
              - two:
                  url: /anything
            ---
            name: second
            config: {{base_url: {server.url}}}
            steps: [{{name: only, url: /anything}}]
            """,
            "-v",
        )

        assert run.outcomes == {"passed": 2}
        assert "case.yaml::first PASSED" in run.stdout
        assert [step["name"] for step in run.documents[0]["steps"]] == ["one", "two"]

    @pytest.mark.parametrize("key", ["validations", "validate", "assertions"])
    def test_every_spelling_of_checks_checks(self, run_steps, key):
        """W14"""
        run = run_steps(f"- {{name: s, url: /status/500, {key}: [{{status_code: 200}}]}}")

        assert run.outcomes == {"failed": 1}

    def test_tags_are_marks_and_ids_are_a_mark(self, run_yaml, server):
        text = f"""
            name: a
            case_id: 7
            tags: [smoke, 订单, "with space"]
            config: {{base_url: {server.url}}}
            steps: [{{name: s, url: /anything}}]
            ---
            name: b
            config: {{base_url: {server.url}}}
            steps: [{{name: s, url: /anything}}]
            """

        run = run_yaml(text, "-m", "smoke and 订单", "--strict-markers")

        assert run.outcomes == {"passed": 1, "deselected": 1}
        assert run.document["test_case"]["meta"]["case_id"] == 7
        assert run.document["test_case"]["meta"]["case_key"] == "7"

    def test_enabled_false_is_skipped_and_says_where(self, run_steps, run_yaml):
        """W24"""
        run = run_yaml("name: a\nenabled: false\nsteps:\n- {name: s, url: /x}\n", "-rs")

        assert run.outcomes == {"skipped": 1}
        assert "case.yaml:1: enabled is false" in run.stdout

    def test_fixtures_are_requested_and_readable(self, run_yaml, server):
        run = run_yaml(
            f"""
            name: a
            usefixtures: [order]
            config: {{base_url: {server.url}}}
            steps:
              - name: s
                url: /anything/${{fixtures.order.id}}
                validations: [{{eq: [$.path, /anything/77]}}]
            """,
            "-s",
            conftest__py="""
                import pytest
                @pytest.fixture
                def order():
                    yield {"id": 77}
                    print("order is taken back")
            """,
        )

        assert run.outcomes == {"passed": 1}
        assert "order is taken back" in run.stdout


class TestIncludes:
    def test_wherever_a_value_may_stand(self, run_yaml, server):
        run = run_yaml(
            """
            name: a
            config: !include config.yaml
            steps:
              - !include steps.yaml
              - {name: last, url: /anything, validations: !include checks.yaml}
            """,
            config__yaml=f"base_url: {server.url}\n",
            steps__yaml="- {name: one, url: /anything}\n- {name: two, url: /anything}\n",
            checks__yaml="- status_code: 200\n",
        )

        assert run.outcomes == {"passed": 1}
        assert [step["name"] for step in run.document["steps"]] == ["one", "two", "last"]

    def test_an_included_files_mistake_is_shown_in_that_file(self, run_yaml):
        run = run_yaml(
            "name: a\nsteps: !include part.yaml\n", part__yaml="- {name: s, url: /x, tpye: y}\n"
        )

        assert complaints(run) == [
            "part.yaml:1:22: unknown key 'tpye'; did you mean 'type'? (at steps[0].tpye)"
        ]

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/etc/passwd", "lies outside of"),
            ("../secret.yaml", "lies outside of"),
            ("case.yaml", "files include each other: case.yaml -> case.yaml"),
            ("missing.yaml", "there is no file 'missing.yaml'"),
            ("no*.yaml", "no file matches 'no*.yaml'"),
        ],
    )
    def test_what_is_refused_says_why_and_where(self, run_yaml, path, message):
        """W5"""
        run = run_yaml(f'name: a\nsteps: !include "{path}"\n')

        assert "case.yaml:2:8:" in run.stdout
        assert message in run.stdout


class TestComplaints:
    """Each names file, line, column, key path, and what comes near. W14, W15, W26, W29, W34"""

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("nmae: a\nsteps: []", "case.yaml:1:1: unknown key 'nmae'; did you mean 'name'?"),
            ("name: a\nsteps: {}", "case.yaml:2:8: expected a list, got a mapping"),
            ("name: a\nsteps: []", "case.yaml:2:8: a case needs at least one step"),
            ("name: 5\nsteps: []", "case.yaml:1:7: expected text (put quotes around it), got 5"),
            ("name: a\nsteps: [text]", 'case.yaml:2:9: a step is a mapping, got "text"'),
            (
                "name: a\nname: b\nsteps: []",
                "case.yaml:2:1: key 'name' stands twice; it is first in line 1",
            ),
            (
                'name: a\nsteps: []\nconfig: {variables: {m: {1: a, "1": b}}}',
                "case.yaml:3:32: key '1' stands twice; it is first in line 3",
            ),
            (
                "name: a\nsteps: []\nconfig: {variables: {m: {true: a, True: b}}}",
                "case.yaml:3:35: key 'true' stands twice; it is first in line 3",
            ),
            (
                "name: a\nsteps:\n- {name: s, type: reqest, url: /x}",
                "case.yaml:3:19: no step type 'reqest'; did you mean 'request'?",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, depends_on: [t]}",
                "case.yaml:3:35: depends_on 't' names no earlier step",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, validations: {type: eqq, path: $, expect: 1}}",
                "case.yaml:3:35: expected a list, got a mapping",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, validations: [status_code]}",
                'case.yaml:3:36: expected a mapping, got "status_code"',
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, validations: [{type: __eq__, path: $, expect: 1}]}",
                "no check '__eq__'",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, validations: [{eq: [$.a, 1, d, more]}]}",
                "'eq' has 4 values, and takes at most 3",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: '/x/${1 +}'}",
                "case.yaml:3:18: unexpected",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: '/x/${rndom()}'}",
                "no function 'rndom'; did you mean 'random'",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, only_if: '1 ='}",
                "case.yaml:3:31:",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, body: 1, form: {}}",
                "a request has one body; this one has body and form",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, auth: {type: oauth}}",
                "no auth type 'oauth'; known: basic, bearer, digest",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, extractors: [{name: v, type: xquery, path: x}]}",
                "no extractor type 'xquery'",
            ),
            (
                "name: a\nsteps:\n- {name: s, url: /x, timeout: soon}",
                'case.yaml:3:31: expected a number, got "soon"',
            ),
            ("name: a\nsteps: [}", "case.yaml:2:9: not YAML:"),
            ("name: a\nsteps:\n\t- name: b", "case.yaml:3:1: not YAML: a tab character cannot be"),
            ("name: a\nsteps:\n  -\tname: b", "case.yaml:3:4: not YAML: a tab character cannot be"),
            ("name: a\nsteps: !!python/object:os.system x", "unknown tag"),
            ("name: a\nsteps: &a [*a]", "an alias stands inside the value that its anchor names"),
            (f"name: a\nsteps: {'[' * 150}{']' * 150}", "nested deeper than 100 levels"),
            ("name: a\ncase_id: 1e999\nsteps: []", "is a number beyond what a double can hold"),
            (f"name: a\ncase_id: {'9' * 5000}\nsteps: []", "is a number of more than 4300 digits"),
            (
                "name: a\nconfig: {active_profile: prd, profiles: {prod: {}}}\nsteps: []",
                "case.yaml:2:26: there is no profile 'prd'; did you mean 'prod'?",
            ),
            (
                "name: a\nsteps: [{name: s, url: /x}]\n---\nname: a\nsteps: [{name: s, url: /x}]",
                "case.yaml:4:7: two cases are called 'a'; the first stands at case.yaml:1",
            ),
        ],
    )
    def test_one_mistake(self, run_yaml, text, complaint):
        run = run_yaml(text + "\n", "case.yaml")

        assert run.outcomes == {"errors": 1}
        assert complaint in run.stdout
        assert "Traceback" not in run.stdout

    def test_all_of_a_file_at_once_in_the_order_of_its_lines(self, run_yaml):
        run = run_yaml(
            """
            name: a
            tag: [x]
            steps:
              - name: one
                url: /x
                vaildations: []
                retry_times: many
              - name: two
                type: requests
            ---
            nmae: b
            steps: []
            """
        )

        lines = [int(line.split(":")[1]) for line in complaints(run)]
        assert lines == sorted(lines)
        assert {2, 6, 7, 9, 11} <= set(lines)

    def test_unknown_keys_may_be_warnings(self, run_steps):
        run = run_steps(
            "- {name: s, url: /anything, vaildations: []}", "-o", "sisyphus_unknown_keys=warn"
        )

        assert run.outcomes == {"passed": 1, "warnings": 1}
        assert "unknown key 'vaildations' is ignored" in run.stdout

    def test_a_file_that_is_not_utf8(self, run_yaml, pytester):
        (pytester.path / "case.yaml").write_bytes("name: 用例\nsteps: []\n".encode("gbk"))

        run = run_yaml(None, "case.yaml")

        assert "case.yaml:1:1: not UTF-8: invalid " in run.stdout
        assert "byte; it reads as GBK: save it as UTF-8" in run.stdout

    @pytest.mark.parametrize(
        "tag",
        ["skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "sisyphus"],
    )
    def test_a_mark_with_a_meaning_is_no_tag(self, run_yaml, tag):
        run = run_yaml(f"name: a\ntags: [smoke, {tag}]\nsteps:\n{STEP}\n")

        assert run.outcomes == {"errors": 1}
        assert f"case.yaml:2:15: {tag!r} is a mark with a meaning of its own, no tag" in run.stdout

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("eq: [$.arr[0], 1]", 'case.yaml:4:13: not YAML: MORE; put quotes around it: "$.arr[0]"'),
            ("eq: [$.arr[*], 1]", 'case.yaml:4:15: not YAML: MORE; put quotes around it: "$.arr[*]"'),
            ("eq: [$.a[?(@.i==${x})].b, 1]", 'case.yaml:4:11: not YAML: MORE; put quotes around it: "$.a[?(@.i==${x})].b"'),
            ("body: {a: ${x}, b: 1}", 'case.yaml:4:14: not YAML: MORE; put quotes around it: "${x}"'),
            ("body: {a: /${x.y}/z}", 'case.yaml:4:15: not YAML: MORE; put quotes around it: "/${x.y}/z"'),
            ("url: {{ base }}/x", "case.yaml:4:18: not YAML: MORE; a template is written ${base}, not {{ base }}"),
            ("url: {{ base }}", "case.yaml:4:9: a key must be MORE; a template is written ${base}, not {{ base }}"),
            ("url: @x", "case.yaml:4:8: not YAML: MORE; put quotes around the whole value"),
            ("name: a: b", "case.yaml:4:10: not YAML: MORE; put quotes around a value that holds ': '"),
            ("url: /x\n    method: GET", "case.yaml:5:11: not YAML: MORE; it is indented deeper than the key before it: put both"),
            ("url: /x\n\n  # why\n     method: GET", "case.yaml:7:6: not YAML: MORE; it is indented deeper than the key"),
            ("body: {a: 1}\n  data: a\n   note: b: c", "case.yaml:6:8: not YAML: MORE; it is indented deeper than the key"),
            ('path: "\\d"', "case.yaml:4:10: not YAML: MORE; in single quotes a backslash is only itself"),
            ("regex: [$.a, [0-9]+]", "case.yaml:4:21: not YAML: MORE; put quotes around a value with [ ]"),
        ],
    )  # fmt: skip
    def test_what_needs_quotes(self, run_yaml, line, said):
        run = run_yaml(f"name: a\nsteps:\n- name: s\n  {line}\n")

        place, _, hint = said.partition("MORE")
        (told,) = complaints(run)
        assert told.startswith(place)
        assert hint in told

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("method：POST", "; '：' is a full-width colon: write ': '"),
            ("method:POST", "; a blank is missing after ':'"),
            ("method:\u3000POST", "; a full-width blank is no blank to YAML: write ' '"),
            ("method: POST\n\u3000\u3000body: 1", "a full-width blank is no blank to YAML"),
            ("“method”: POST", "unknown key '“method”'; the quotes are curly: write straight ones"),
            ("headers: {a:1, b: 2}", '"a:1" is no name of a header; a blank is missing after'),
            ("validations: [{eq：[$.a, 1]}]", "; '：' is a full-width colon"),
            ("validations: [{eq: [$.a， 1]}]", "; '，' is a full-width comma: write ','"),
            ("validations:\n  - eq： [$.a, 1]", "; '：' is a full-width colon"),
            ("validations:\n  - eq:[$.a, 1]", "; a blank is missing after ':'"),
            ("body: {a: [1]，b: 2}", "; '，' is a full-width comma: write ','"),
            ("validations: [{and: {eq: [$.a, 1]}}]", "'and' takes a list of checks, each with its own '-': and: [{eq: "),
            ("validations: [{type: or, sub_validations: {eq: [$.a, 1]}}]", "'or' takes a list of checks"),
            ("validations: [{not: [$.a, 1]}]", "'not' takes a list of checks"),
            ("validations: [{type: schema, path: $, schema: {}}]", "the schema stands under 'expect': {type: schema, "),
            ("validations: [{schema: {path: $, schema: {}}}]", "the schema stands under 'expect'"),
            ("validations: [{schema: [{type: object}]}]", "(schema: {…}, or schema: [path, {…}])"),
        ],
    )  # fmt: skip
    def test_what_was_slipped_is_named(self, run_yaml, line, said):
        run = run_yaml(f"name: a\nsteps:\n- name: s\n  url: /\n  {line}\n")

        assert said in complaints(run)[0]

    def test_what_was_slipped_in_the_line_before_is_named(self, run_yaml):
        run = run_yaml("name： a\nsteps:\n- {name: s, url: /}\n", "case.yaml")

        (told,) = complaints(run)
        assert told.endswith("; '：' is a full-width colon: write ': ' (in the line before)")

    def test_chinese_signs_in_a_text_are_no_slip(self, run_yaml):
        run = run_yaml("name: a\nsteps:\n- name: 你好，世界：“好”: x\n  url: /\n")

        (told,) = complaints(run)
        assert told.endswith("; put quotes around a value that holds ': '")

    def test_a_file_that_is_nearly_a_case_is_warned_of(self, run_yaml, server):
        run = run_yaml(
            f"name: a\nconfig: {{base_url: {server.url}}}\nsteps:\n{STEP}\n",
            near__yaml=f"name: a\nstep:\n{STEP}\n",
        )

        assert run.outcomes == {"passed": 1, "warnings": 1}
        assert "NotCollected: near.yaml:2: not collected: has 'name' but no 'steps'" in run.stdout

    def test_a_file_of_the_older_engines_newer_dialect_is_recognised(self, run_yaml):
        older = "config:\n  name: a\nteststeps:\n- name: s\n  keyword_type: request\n"
        said = "is of the older engine's newer dialect ('teststeps')"

        run = run_yaml(None, near__yaml=older)
        assert run.outcomes == {"warnings": 1}
        assert f"NotCollected: near.yaml:3: not collected: {said}" in run.stdout

        run = run_yaml(None, "near.yaml", near__yaml=older)
        assert run.outcomes == {"errors": 1}
        assert f"near.yaml:3:1: the file {said}" in run.stdout
        assert "unknown key" not in run.stdout

    @pytest.mark.parametrize("named", ["case.yaml", "case.yaml::a"])
    def test_what_is_beside_a_named_file_is_not_looked_at(self, run_yaml, named):
        run = run_yaml(
            "name: a\nsteps: [{name: s, type: wait, seconds: 0}]\n",
            named,
            near__yaml=f"name: a\nstep:\n{STEP}\n",
            broken__yaml="name: a\nsteps: }\n",
        )

        assert run.outcomes == {"passed": 1}

    def test_a_skipped_case_is_shown_with_its_own_line(self, run_yaml):
        run = run_yaml(f"# no\nname: a\nsteps:\n{STEP[:-1]}, skip_if: true}}\n", "-rs")

        assert "SKIPPED [1] case.yaml:2: every step is skipped" in run.stdout

    @pytest.mark.parametrize("source", ["", ", data_source: [{a: 1}]"])
    def test_a_profile_of_the_command_line_that_is_not_among_its_own(self, run_yaml, source):
        run = run_yaml(
            f"name: a\nconfig: {{profiles: {{ut: {{}}, st: {{}}}}{source}}}\nsteps:\n{STEP}\n",
            "--sisyphus-profile=utt",
        )

        assert complaints(run) == [
            (
                "case.yaml:2:10: there is no profile 'utt', which --sisyphus-profile names; "
                "the case has ut, st (at config.profiles)"
            )
        ]

    def test_a_column_that_would_hide_a_built_in_name(self, run_yaml):
        source = "data_source: [{id: 1, data: 2}]"
        run = run_yaml(f"name: a\nconfig: {{{source}}}\nsteps:\n{STEP}\n")

        assert "a column of data_source called 'data' would hide the built-in" in run.stdout
        assert "or a config.variable_prefix" in run.stdout

    def test_a_profile_of_the_command_line_that_a_case_lacks(self, run_steps):
        """W33"""
        run = run_steps("- {name: s, url: /anything}", "--sisyphus-profile=prd")

        assert run.outcomes == {"failed": 1}
        assert "there is no profile 'prd'" in run.stdout


class TestScalars:
    @pytest.mark.parametrize(
        ("written", "sent"),
        [
            ("yes", "yes"),
            ("No", "No"),
            ("on", "on"),
            ("010", "010"),
            ("12:30", "12:30"),
            ("2026-01-30", "2026-01-30"),
            ("1_000", "1_000"),
            (".inf", ".inf"),
            (".nan", ".nan"),
            ("true", True),
            ("false", False),
            ("null", None),
            ("~", None),
            ("5", 5),
            ("-5", -5),
            ("0x1F", 31),
            ("1.50", 1.5),
            ("1e3", 1000.0),
            ("'5'", "5"),
            ('"true"', "true"),
            ("0", 0),
            ("=", "="),
        ],
    )
    def test_only_json_like_words_and_numbers_are_converted(self, run_steps, server, written, sent):
        """W80"""
        run_steps(f"- {{name: s, method: POST, url: /anything, body: {{v: {written}}}}}")

        value = server.requests[0]["json"]["v"]
        assert value == sent
        assert type(value) is type(sent)
