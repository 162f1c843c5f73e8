"""`type: script`: Python and JavaScript in a process of their own."""

import os
import shutil
import textwrap
import time
from pathlib import Path

import pytest

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node in PATH")


def script(text, *, name="s", **keys):
    lines = [f"- name: {name}", "  type: script", *(f"  {key}: {keys[key]}" for key in keys)]
    return "\n".join(
        [*lines, "  script: |", textwrap.indent(textwrap.dedent(text).strip("\n"), "    "), ""]
    )


def document(run, step="s"):
    return run.steps[step]["response"]


class TestPython:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("1 + 1", 2),
            ("x = 5\nx", 5),
            ("x = 5", None),
            ("return {'a': (1, 2)}", {"a": [1, 2]}),
            ("def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nf(10)", 55),
            ("k = 3\ndef f():\n    return k\nreturn f()", 3),
            ("class A:\n    def b(self):\n        return A\nA().b() is A", True),
            ("import math\nfrom os import path\nmath.floor(1.5)", 1),
            ("for i in range(9):\n    if i == 3:\n        return i", 3),
            ("try:\n    return 1\nexcept:\n    return 2", 1),
            ("try:\n    1 / 0\nexcept:\n    return 2", 2),
            ("try:\n    return 1\nfinally:\n    set_var('end', 1)", 1),
            ("with open(__import__('os').devnull) as f:\n    return f.read()", ""),
            ("global g\ng = [i for i in range(3)]\ng", [0, 1, 2]),
            ("x: int = 1\n[x, (lambda: x)()]", [1, 1]),
            ("'{% if %} {{ x }} ${x}'", "{% if %} {{ x }} ${x}"),
            ("get_var('n') + len(get_all_vars()['word'])", 7),
            ("get_var('nothing', 'default')", "default"),
            ("get_var('nothing', None)", None),
            ("response['result']", 41),
            ("__name__", "__main__"),
            (
                "from threading import Thread\nThread(target=set_var, args=('t', 1)).start()\n3",
                3,
            ),
            ("import asyncio\nasync def f():\n    return 4\nasyncio.run(f())", 4),
            ("import requests, helper_beside\nhelper_beside.value", 6),
        ],
    )
    def test_it_behaves_as_in_a_file(self, run_steps, text, result):
        """W72"""
        Path("helper_beside.py").write_text("value = 6")
        run = run_steps(
            script("41", name="before") + script(text), config="variables: {n: 5, word: hi}"
        )

        assert run.outcomes == {"passed": 1}, run.stdout
        assert document(run)["result"] == result

    def test_checks_and_extractors_are_judged(self, run_steps):
        """W16"""
        run = run_steps(
            script("print('hello')\n{'a': [1]}")
            + """
  validations:
  - eq: ["$.result.a[0]", 2]
  - contains: [$.output, hello]
  extractors: {a: "$.result.a"}
"""
        )

        assert run.outcomes == {"failed": 1}
        assert [check["passed"] for check in run.steps["s"]["validations"]] == [False, True]
        assert run.steps["s"]["extracted_vars"] == {"a": [1]}

    def test_names_become_variables_if_json_can_say_them(self, run_steps):
        """W51, W38"""
        run = run_steps(
            script(
                """
                import json
                made, _hidden, text = {"k": (1, 2)}, 1, "${1 + 1}"
                tuple_key, several, nan = {(1, 2): 3}, {1}, float("nan")
                loop = []
                loop.append(loop)
                def function(): pass
                class Kind: pass
                set_var("set", made)
                """
            )
            + script("get_var('made')['k'][1]", name="next")
        )

        assert run.outcomes == {"passed": 1}, run.stdout
        assert run.document["final_variables"] == {
            "base_url": run.document["final_variables"]["base_url"],
            "made": {"k": [1, 2]},
            "text": "${1 + 1}",
            "set": {"k": [1, 2]},
        }
        assert document(run)["left_out"] == {
            "json": "a module",
            "tuple_key": "a mapping whose keys are not all text",
            "several": "a set",
            "nan": "the number nan",
            "loop": "nested too deeply",
            "function": "a function",
            "Kind": "a class",
        }
        assert document(run, "next")["result"] == 2

    def test_a_variable_named_like_a_function_does_not_break_its_call(self, run_steps):
        """W73"""
        run = run_steps(
            script("timestamp = 'mine'")
            + script("1", name="next", description="${timestamp() > 5} ${timestamp}")
        )

        assert run.outcomes == {"passed": 1}, run.stdout

    def test_overrides_are_seen_by_get_var(self, run_steps):
        """W71"""
        run = run_steps(
            script("return [get_var('a'), get_var('b'), get_var('c')]"),
            "--sisyphus-var=c=told",
            config="""
            variables: {a: 1, b: 1, c: 1}
            active_profile: p
            profiles: {p: {variables: {b: 2}, overrides: {a: 3}}}
            """,
        )

        assert document(run)["result"] == [3, 2, "told"]

    def test_the_environment_is_empty_and_standard_input_too(self, run_steps, monkeypatch):
        monkeypatch.setenv("CANARY", "sung")
        run = run_steps(
            script("import os, sys\nreturn [dict(os.environ), sys.stdin.read(), os.getcwd()]")
        )

        environment, stdin, folder = document(run)["result"]
        assert "CANARY" not in environment
        assert stdin == ""
        assert folder == str(Path.cwd())


class TestServerText:
    """W2: it comes by get_var, and the script's text is never a template."""

    @pytest.mark.parametrize(
        "value", ['"); import os; os._exit(3); ("', "${1 + 1}", "{{ 7 * 7 }}", "'''", "\\"]
    )
    def test_it_stays_a_value(self, run_steps, value):
        run = run_steps(
            script(f"set_var('told', {value!r})", name="server")
            + script("return ['${told}', get_var('told')]")
        )

        assert document(run)["result"] == ["${told}", value]


class TestTrouble:
    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("a = 1\n1 / 0", 2, "ZeroDivisionError: division by zero"),
            (
                "def f():\n    raise ValueError('no')\n\nf()",
                2,
                "ValueError: no (called from line 12)",
            ),
            ("\n\nget_var('wrod')", 1, "no variable 'wrod'; did you mean 'word'?"),
            ("set_var('a', {1})", 1, "set_var('a'): a set"),
            ("x = 1\nexit(3)", 2, "the script called exit (3)"),
            ("import sys\nsys.exit(0)", 2, "the script called exit (0)"),
            ("raise SystemExit('bye')", 1, "the script called exit (bye)"),
            ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
            ("import os\nos._exit(0)", 0, "ended its process (exit code 0) without a result"),
            ("import os\nos.kill(os.getpid(), 9)", 0, "ended by SIGKILL"),
            ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", 2, "ended by SIGSEGV"),
            ("import ctypes\nctypes.string_at(0)", 2, "ended by SIGSEGV"),
            ("x = []\nx.append('a' * 10**9)", 2, "needed more than 512 MiB of memory"),
            ("x = [0]\nwhile True:\n    x += x", 3, "needed more than 512 MiB of memory"),
            ("def f():\n    f()\nf()", 2, "RecursionError: maximum recursion depth exceeded"),
            ("import os\nos.closerange(0, 200)\nos._exit(7)", 0, "exit code 7"),
        ],
    )
    def test_each_end_is_told_with_its_line(self, run_steps, text, line, said):
        """W37; `script:` stands in line 8 of the file; line 0: which one is not known"""
        run = run_steps(script(text) + script("1", name="next"), config="variables: {word: 1}")

        info = run.steps["s"]["error_info"]
        assert (info["type"], info["category"]) == ("ScriptError", "business"), run.stdout
        assert said in info["message"]
        assert info["message"].startswith(f"case.yaml:{8 + line}:")
        assert run.steps["next"]["status"] == "success"

    @pytest.mark.parametrize(
        "text", ["x = 0\nwhile True:\n    x += 1", "import time\n\ntime.sleep(60)"]
    )
    def test_the_time_limit_names_the_line(self, run_steps, text):
        """W72"""
        run = run_steps(script(text, timeout=0.4))

        info = run.steps["s"]["error_info"]
        assert (info["type"], info["category"]) == ("TimeoutError", "timeout"), run.stdout
        assert "ran longer than 0.4 s" in info["message"]
        assert info["message"].startswith(("case.yaml:10:", "case.yaml:11:"))

    @pytest.mark.parametrize(
        ("keys", "hint"),
        [
            ({}, 'a variable of the case is read with get_var("word")'),
            pytest.param(
                {"script_type": "javascript"},
                'a variable of the case is read with get_var("word")',
                marks=needs_node,
            ),
        ],
    )
    def test_a_variable_of_the_case_is_read_by_get_var(self, run_steps, keys, hint):
        config = "variables: {word: 1}"
        run = run_steps(
            script("return word", **keys) + script("return nobody", name="t", **keys), config=config
        )

        assert run.steps["s"]["error_info"]["suggestion"] == hint
        assert run.steps["t"]["error_info"]["suggestion"] != hint

    def test_printing_cannot_touch_the_result(self, run_steps):
        run = run_steps(
            script(
                """
                import os, sys
                print('{"result": 1}')
                sys.stderr.write("to stderr\\n")
                os.write(1, b"raw \\xff\\n")
                os.system("echo from a child")
                return 2
                """
            )
        )

        assert document(run)["result"] == 2
        for text in ('{"result": 1}', "to stderr", "raw �", "from a child"):
            assert text in document(run)["output"]

    def test_endless_printing_is_bounded(self, run_steps):
        run = run_steps(script("for _ in range(300):\n    print('x' * 100_000)\nreturn 1"))

        assert document(run)["result"] == 1
        assert len(document(run)["output"]) < 1_100_000
        assert document(run)["output"].endswith("bytes more)")

    def test_a_result_too_large_is_refused(self, run_steps):
        run = run_steps(script("return 'x' * (70 * 1024 * 1024)"))

        assert "larger than 64 MiB" in run.error("s")

    @pytest.mark.parametrize("end", ["return 1", "1 / 0", "os._exit(1)", "while True: pass"])
    def test_children_do_not_outlive_it(self, run_steps, tmp_path, end):
        pid = tmp_path / "pid"
        run_steps(
            script(
                f"""
                import os, time
                child = os.fork()
                if not child:
                    with open({str(pid)!r}, "w") as file:
                        file.write(str(os.getpid()))
                    time.sleep(60)
                while not os.path.exists({str(pid)!r}) or not os.path.getsize({str(pid)!r}):
                    time.sleep(0.01)
                {end}
                """,
                timeout=2,
            )
        )

        assert _ended(int(pid.read_text()))

    def test_a_fork_that_comes_back_says_nothing(self, run_steps):
        run = run_steps(script("import os\npid = os.fork()\nif pid:\n    os.wait()\nreturn 5"))

        assert document(run)["result"] == 5

    def test_forks_without_end_stop_with_the_time(self, run_steps):
        run = run_steps(
            script(
                "import os, time\nfor _ in range(5):\n    os.fork()\ntime.sleep(60)", timeout=0.5
            )
        )

        assert run.steps["s"]["error_info"]["category"] == "timeout"

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("a = 1\nb = = 2", "case.yaml:9:1: not Python: invalid syntax"),
            ("break", "case.yaml:8:1: not Python: 'break' outside loop"),
            ("yield 1", "case.yaml:8:1: not Python: 'yield' outside function"),
            ("(" * 300 + ")" * 300, "not Python: too many nested parentheses"),
        ],
    )
    def test_what_is_no_python_is_found_at_collection(self, run_steps, text, complaint):
        run = run_steps(script(text))

        assert run.outcomes == {"errors": 1}
        assert complaint in run.stdout

    @pytest.mark.parametrize(
        "text", ["import os", "from os import path", "def f():\n    import os", "__import__('os')"]
    )
    def test_imports_may_be_refused(self, run_steps, text):
        run = run_steps(script(text, allow_imports="false"))

        assert run.outcomes == {"errors": 1}
        assert "allow_imports is false, and the script imports" in run.stdout

    @pytest.mark.parametrize("kind", ["python", "javascript"])
    def test_scripts_may_be_denied(self, run_steps, kind):
        """W3: no sandbox, so files from people you don't trust run without scripts"""
        run = run_steps(script("1", script_type=kind), "--sisyphus-scripts=deny")

        assert "scripts are refused in this run (--sisyphus-scripts=deny)" in run.error("s")
        assert run.steps["s"]["error_info"]["type"] == "ConfigError"

    def test_starting_one_is_quick(self, run_steps):
        run = run_steps("".join(script("1", name=f"s{number}") for number in range(5)))

        assert min(step["meta"]["duration"] for step in run.document["steps"]) < 0.5


def _ended(pid):
    """Soon: the kernel takes its time to end what was killed."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


@needs_node
class TestJavaScript:
    """W66"""

    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("1 + 1", 2),
            ("const a = [1, 2]; a.map((x) => x * 2)", [2, 4]),
            ("return get_var('n') * 2", 10),
            ("function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) }\nf(10)", 55),
            ("get_var('nothing', 'default')", "default"),
            ("get_all_vars().word", "hi"),
            ("response.result", 41),
            ("'${word}'", "${word}"),
            ("require('node:path').basename('/a/b')", "b"),
            ("(async () => 4)()", 4),
            ("await Promise.resolve(5)", None),
            ("undefined", None),
        ],
    )
    def test_it_runs_on_node(self, run_steps, text, result):
        run = run_steps(
            script("41", name="before") + script(text, script_type="javascript"),
            config="variables: {n: 5, word: hi}",
        )

        assert run.outcomes == {"passed": 1}, run.stdout
        assert document(run)["result"] == result

    def test_names_become_variables(self, run_steps):
        run = run_steps(
            script(
                """
                var one = 1
                let two = {a: [2]}
                const three = "3", _hidden = 4
                class Kind {}
                const when = new Date(0)
                set_var("set", one + 1)
                print("said", two.a[0])
                """,
                script_type="javascript",
            )
        )

        variables = run.document["final_variables"]
        assert {name: variables[name] for name in ("one", "two", "three", "set")} == {
            "one": 1,
            "two": {"a": [2]},
            "three": "3",
            "set": 2,
        }
        assert "_hidden" not in variables
        assert document(run)["left_out"] == {"Kind": "a function", "when": "a Date"}
        assert document(run)["output"] == "said 2\n"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("const a = 1;\nnothing.here", "ReferenceError: nothing is not defined"),
            ("let a = ;", "SyntaxError: Unexpected token ';'"),
            ("throw new Error('no')", "Error: no"),
            ("process.exit(3)", "the script called exit (3)"),
            ("process.kill(process.pid, 'SIGKILL')", "ended by SIGKILL"),
            ("get_var('nothing')", "no variable 'nothing'"),
            ("set_var('d', new Date())", "set_var('d'): a Date"),
            ("const a = []; for (;;) a.push(new Array(1e6).fill(1))", "more than 512 MiB"),
            ("Promise.reject(new Error('late'))", "late"),
            ("setTimeout(() => { throw new Error('later') }, 1); 1", "later"),
        ],
    )
    def test_each_end_is_told(self, run_steps, text, said):
        run = run_steps(script(text, script_type="javascript"), config="variables: {word: 1}")

        info = run.steps["s"]["error_info"]
        assert info["type"] == "ScriptError", run.stdout
        assert said in info["message"]

    def test_the_time_limit_ends_it(self, run_steps):
        run = run_steps(script("for (;;) {}", script_type="javascript", timeout=0.5))

        assert run.steps["s"]["error_info"]["type"] == "TimeoutError"

    def test_without_imports_there_is_no_require(self, run_steps):
        run = run_steps(script("require('fs')", script_type="javascript", allow_imports="false"))

        assert "require is not defined" in run.error("s")

    def test_a_node_that_cannot_be_started_is_told_with_its_path(self, run_steps, monkeypatch):
        Path("node").write_text("#!/nonexistent/node")
        Path("node").chmod(0o700)
        monkeypatch.setenv("PATH", str(Path.cwd()))
        run = run_steps(script("1", script_type="javascript"))
        there = f"the script cannot be started: {Path.cwd()}/node: No such file or directory"
        assert run.error("s").endswith(there)

    def test_a_machine_without_node_is_told(self, run_steps, monkeypatch):
        monkeypatch.setenv("PATH", "")
        run = run_steps(script("1", script_type="javascript"))

        assert "needs node, which is not in PATH" in run.error("s")
