"""The command `sisyphus-orchestrator`, also as `python -m orchestrator`."""

import sys


def main() -> int:
    try:
        from orchestrator.cli.commands import main as command  # noqa: PLC0415 - its extra may be missing
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == __package__:
            raise
        print(  # noqa: T201 - a command line
            f"sisyphus-orchestrator: there is no module {error.name!r}; "
            "the service needs more than the plugin: pip install 'pytest-sisyphus[orchestrator]'",
            file=sys.stderr,
        )
        return 2
    return command()


if __name__ == "__main__":
    sys.exit(main())
