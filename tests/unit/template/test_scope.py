"""Variables: layers, references to each other, what the running case adds."""

import threading

import pytest

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.location import LocatedStr, Location
from pytest_sisyphus.template.scope import Layer, Scope
from pytest_sisyphus.template.template import Template, render_value

ORDER = ["variables", "row", "profile", "env_vars", "overrides", "command line"]


@pytest.mark.parametrize("top", range(len(ORDER)), ids=ORDER)
def test_a_higher_layer_wins(scope_of, top):
    layers = [Layer(values={"v": name}) for name in ORDER[: top + 1]]

    assert scope_of({}, layers=layers).get("v") == ORDER[top]


def test_what_the_case_sets_wins_over_all_layers(scope_of):
    scope = scope_of({}, layers=[Layer(values={"v": name}) for name in ORDER])
    scope.set("v", "extracted")

    assert scope.get("v") == "extracted"


def test_variables_win_over_what_is_always_there(scope_of):
    scope = scope_of({"env": "prod"}, builtins={"env": {"HOME": "/"}, "data": {"id": 1}})

    assert Template("${env == 'prod'} ${data.id}").render(scope) == "true 1"


def test_functions_are_made_once_when_one_is_called(scope_of, functions_of):
    made = []

    def make():
        made.append(functions_of())
        return made[-1]

    scope = Scope(layers=[Layer(values={"v": 1})], functions=make)
    child = scope.child()

    assert Template("${v} ${v + 1}").render(scope) == "1 2"
    assert made == []
    assert Template("${md5('a')}").render(child) == Template("${md5('a')}").render(scope)
    assert len(made) == 1


def is_trusted(scope_of, variables, *, below=(), **changes):
    layers = [*below, Layer(values=variables, templates=True)]
    return scope_of({}, layers=layers, **changes)


def test_variables_refer_to_each_other_in_any_order_w18(scope_of):
    scope = is_trusted(
        scope_of,
        {
            "url": "${base}/items/${id}",
            "base": "https://${host}:${port}",
            "host": "h",
            "port": 8080,
            "id": "${port + 1}",
            "nested": {"list": ["${id}", {"${host}": "${nested_text}"}]},
            "nested_text": "x",
            "profile_url": "${config.profiles.${active_profile}.base_url}",
        },
    )

    assert scope.get("url") == "https://h:8080/items/8081"
    assert scope.get("nested") == {"list": [8081, {"h": "x"}]}
    assert scope.get("profile_url") == "https://p"


def test_a_circle_of_variables_is_reported_with_its_chain(scope_of):
    scope = is_trusted(scope_of, {"a": "${b}", "b": "x${c.d}", "c": {"d": "${a}"}, "free": "${a}"})

    with pytest.raises(TemplateError, match="in a circle: a → b → c → a"):
        scope.get("free")


def test_a_variable_that_names_itself_is_a_circle(scope_of):
    with pytest.raises(TemplateError, match="in a circle: a → a"):
        is_trusted(scope_of, {"a": "${a}"}).get("a")


def test_a_long_chain_of_variables_is_no_crash(scope_of):
    chain = {f"v{i}": f"${{v{i + 1}}}" for i in range(3000)}

    with pytest.raises(TemplateError, match=r"too many others|nested too deeply"):
        is_trusted(scope_of, {**chain, "v3000": 1}).get("v0")


def test_variables_that_double_each_other_are_no_bomb(scope_of):
    text = {f"v{i}": f"${{v{i + 1}}}${{v{i + 1}}}" for i in range(60)}
    data = {f"v{i}": [f"${{v{i + 1}}}", f"${{v{i + 1}}}"] for i in range(60)}

    for variables in (text, data):
        with pytest.raises(TemplateError, match="too large"):
            is_trusted(scope_of, {**variables, "v60": "x"}).get("v0")


def test_a_variable_is_made_once(scope_of):
    scope = is_trusted(scope_of, {"id": "${uuid()}"})

    assert Template("${id == id}").render(scope)
    assert scope.get("id") == scope.get("id") == scope.child().get("id")


def test_an_unused_variable_may_be_wrong(scope_of):
    scope = is_trusted(scope_of, {"good": "${1}", "bad": "${absent}", "late": "${token}!"})

    assert scope.get("good") == 1
    assert scope.snapshot() == {"good": 1}
    scope.set("token", "t")
    assert scope.snapshot() == {"good": 1, "late": "t!", "token": "t"}


def test_an_error_in_a_variable_names_the_place_of_the_variable(scope_of):
    text = LocatedStr("${hots}", Location("a.yaml", 7, 9))

    with pytest.raises(TemplateError, match=r"no variable 'hots' in '\$\{hots\}' at a\.yaml:7;"):
        is_trusted(scope_of, {"host": "h", "url": text}).get("url")


def test_data_layers_are_never_rendered(scope_of):
    scope = scope_of({"cell": "${n}"})

    assert scope.get("cell") == "${n}"


def test_what_was_set_is_never_rendered_w1(scope_of):
    scope = is_trusted(scope_of, {"greeting": "hi ${name}"})
    scope.set("name", "${greeting} {{7*7}}")

    assert scope.get("greeting") == "hi ${greeting} {{7*7}}"
    assert render_value(["${name}", "${greeting}"], scope) == [
        "${greeting} {{7*7}}",
        "hi ${greeting} {{7*7}}",
    ]


def test_a_missing_variable_names_what_comes_near(scope_of):
    scope = scope_of({"token": 1})

    with pytest.raises(TemplateError, match=r"no variable 'tokn'; did you mean 'token'\?"):
        scope.get("tokn")
    assert scope.find("tokn") is None
    assert scope.find("tokn", 7) == 7
    assert "token" in scope
    assert "tokn" not in scope


def test_a_child_keeps_what_it_sets_to_itself(scope):
    child = scope.child()
    child.set("n", 99)
    child.builtins["response"] = {"status_code": 200}
    child.builtins["steps"]["s"] = {"status": "passed"}

    assert (child.get("n"), scope.get("n")) == (99, 5)
    assert scope.get("response") is None
    assert scope.get("steps") == {}


def test_a_child_sees_what_was_set_before_and_not_after(scope):
    scope.set("a", 1)
    child = scope.child()
    scope.set("a", 2)

    assert child.get("a") == 1


def test_news_are_told_once(scope):
    scope.set("a", 1)
    assert scope.pop_changes() == {"a": 1}
    scope.set("b", 2)
    scope.set("a", 3)

    assert scope.pop_changes() == {"b": 2, "a": 3}
    assert scope.pop_changes() == {}
    assert scope.changes() == {"a": 3, "b": 2}
    assert scope.child().changes() == {}


def test_the_last_document_and_the_steps_are_always_there(scope):
    scope.builtins["response"] = {"status_code": 201, "body": {"id": 4}}
    scope.builtins["steps"]["log in"] = {"status": "passed", "document": {"body": {"t": "x"}}}

    rendered = render_value("${response.body.id} ${steps['log in'].document.body.t}", scope)

    assert rendered == "4 x"


def test_children_in_threads_make_a_variable_once(scope_of):
    scope = is_trusted(scope_of, {"id": "${uuid()}", "pair": "${id}-${id}"})
    children = [scope.child() for _ in range(8)]
    seen = []
    threads = [
        threading.Thread(target=lambda child=child: seen.append(child.get("pair")))
        for child in children
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 8
    assert len(set(seen)) == 1
