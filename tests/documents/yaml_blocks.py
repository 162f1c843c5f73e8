"""Cases and parts of cases in documents: framed to a whole case, and read as pytest reads them."""

import json

import yaml

from pytest_sisyphus import run_cases
from pytest_sisyphus.cli.commands import validate

REQUEST = {"name": "the request", "url": "/"}


class Loader(yaml.SafeLoader):
    """Knows `!include`, by name only."""


Loader.add_constructor("!include", lambda loader, node: loader.construct_scalar(node))

#: what a part is, by its top-level keys; a comment before the block goes over it.
KINDS = (
    ({"plans"}, "other"),
    ({"repos"}, "other"),
    ({"jobs"}, "other"),
    ({"headers"}, "project"),
    ({"profiles"}, "project"),
    ({"variables"}, "project"),
    ({"name", "steps"}, "case"),
    ({"steps"}, "body"),
    ({"config"}, "config"),
    ({"validations"}, "keys"),
    ({"extractors"}, "keys"),
)
#: the lines before a part, and how far it is indented below them.
FRAMES = {
    "case": ("", 0),
    "body": ("name: example\n", 0),
    "config": ("name: example\nsteps: [{name: one, url: /}]\n", 0),
    "keys": ("name: example\nsteps:\n  - name: one\n    url: /\n", 4),
    "step": ("name: example\nsteps:\n", 2),
    "checks": ("name: example\nsteps:\n  - name: one\n    url: /\n    validations:\n", 6),
}


def kind_of(block):
    kind = block.about.partition(":")[0].partition(" of")[0]
    if kind in {*FRAMES, "project", "other"}:
        return kind
    data = next(yaml.load_all(block.text, Loader))
    if isinstance(data, list):
        return "step" if all(isinstance(one, dict) for one in data) else ""
    if block.file.startswith("."):  # of a CI
        return "other"
    return next((kind for keys, kind in KINDS if keys <= data.keys()), "")


def framed(text, kind):
    frame, indent = FRAMES[kind]
    if kind == "keys" and "\nurl: " in text:
        frame = frame.replace("    url: /\n", "")
    return frame + "".join(
        " " * indent + line if line.strip() else line for line in text.splitlines(True)
    )


def complaints(path, capfd):
    """What `sisyphus-api-validate` says of the file."""
    code = validate([str(path)])
    said = capfd.readouterr()
    return f"{said.out}{said.err}" if code else ""


def failures(text, body):
    """What does not hold of a body: the checks as a case whose one request is answered with it."""
    answer = {"status_code": 200, "body": json.loads(body)}
    case = yaml.safe_load(framed(text, "checks"))
    case["config"] = {
        "mock": {"rules": [{"name": "it", "request": {"url": "/"}, "response": answer}]}
    }
    from pytest_sisyphus import CaseText

    return [one.error for one in run_cases(CaseText(yaml.safe_dump(case))) if one.error]
