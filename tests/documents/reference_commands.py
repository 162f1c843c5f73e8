"""What the reference says of pytest's options, and of the commands."""

import argparse
import contextlib
from unittest import mock

from reference_kit import code, said, table

from orchestrator.cli.commands import parser as service_parser
from orchestrator.config.settings import OPTIONS
from pytest_sisyphus.cli.commands import engine, validate
from pytest_sisyphus.cli.convert import convert
from pytest_sisyphus.config.options import DECLARED


def options(language):
    zh = language == "zh"
    heads = (
        ["命令行", "ini", "环境变量", "含义"]
        if zh
        else ["command line", "ini", "environment", "meaning"]
    )
    rows = [
        [
            code(one.flag) if one.in_command_line else "",
            code(one.ini),
            code(*one.env),
            said(one.help, language),
        ]
        for one in DECLARED
    ]
    return table(heads, rows)


class _CapturedError(Exception):
    """A command's parser, instead of the command."""


def parser_of(command):
    def capture(parser, *_):
        raise _CapturedError(parser)

    with (
        mock.patch.object(argparse.ArgumentParser, "parse_args", capture),
        contextlib.suppress(SystemExit),
    ):
        try:
            command([])
        except _CapturedError as captured:
            return captured.args[0]
    raise AssertionError(f"{command} makes no parser")


def commands(language):
    parsers = [*map(parser_of, (engine, validate, convert)), service_parser()]
    return (
        "".join(
            f"\n## {one.prog}\n\n{said(one.description, language)}\n"
            f"{arguments(one, language).rstrip()}\n"
            for one in parsers
        )
        + "\n"
    )


def arguments(parser, language, unlisted=frozenset({"--help"})):
    zh = language == "zh"
    flags = {option.flag: option.help for option in OPTIONS.values()}
    rows, further = [], []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {one.dest: one.help for one in action._choices_actions}
            further += [(about[name], one) for name, one in action.choices.items()]
        elif not unlisted & set(action.option_strings) and action.help not in flags.values():
            names = action.option_strings or [action.metavar or action.dest]
            rows.append([code(*names), said(action.help or "", language)])
    heads = ["参数", "含义"] if zh else ["argument", "meaning"]
    made = f"{table(heads, rows).rstrip()}\n" if rows else ""
    for about, one in further:
        name = one.prog.removeprefix("sisyphus-orchestrator ")
        taken = [
            flag
            for action in one._actions
            for flag in action.option_strings
            if flags.get(flag) == action.help
        ]
        made += f"\n### {name}\n\n{said(about, language)}{also_takes(taken, len(flags), zh)}\n"
        made += arguments(one, language, unlisted | {*parser._option_string_actions})
    return made


def also_takes(flags, all_of_them, zh):
    """A sentence on the service's options that a command takes, too."""
    if not flags:
        return "。" if zh else "."
    listed = code(*flags)
    if len(flags) == all_of_them:
        where = "service-options.md"
        listed = f"全部[服务选项]({where})" if zh else f"all [options of the service]({where})"
    return f"。另接受 {listed}。" if zh else f". It also takes {listed}."
