"""The example in the description of each hook runs."""

import inspect
import textwrap
import types

import pytest
import requests

import pytest_sisyphus
from pytest_sisyphus import CaseText, hookspecs, run_cases

#: what uses the example of each hook.
STEPS = {
    "pytest_sisyphus_step_types": "{name: s, type: echo, validations: [{eq: [$.name, s]}]}",
    "pytest_sisyphus_checks": "{name: s, url: http://x.test, validations: [{type: even, path: $.n}]}",
    "pytest_sisyphus_extractors": "{name: s, url: http://x.test, extractors: [{name: v, type: words, index: 0}]}",
    "pytest_sisyphus_auth_types": "{name: s, url: http://x.test, auth: {type: api_key, key: k}, validations: [{eq: [$.n, 2]}]}",
    "pytest_sisyphus_functions": "{name: s, url: http://x.test, params: {d: '${die()}'}, validations: [{eq: [$.n, 2]}]}",
}
HOOKS = [name for name in vars(hookspecs) if name.startswith("pytest_sisyphus_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_runs(hook):
    code = textwrap.dedent(inspect.getdoc(getattr(hookspecs, hook)).split("Example::\n")[1])
    extension = types.ModuleType("example")
    names = {name: getattr(pytest_sisyphus, name) for name in pytest_sisyphus.__all__}
    vars(extension).update(names, requests=requests)
    exec(code, vars(extension))
    text = f"""
name: case
config: {{mock: {{rules: [{{request: {{url: .*}}, response: {{body: {{n: 2}}}}}}]}}}}
steps: [{STEPS[hook]}]
"""

    (report,) = run_cases(CaseText(text), extensions=[extension])

    assert (str(report.status), report.error) == ("passed", None)
