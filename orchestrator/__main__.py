"""The command `sisyphus-orchestrator`, also as `python -m orchestrator`."""

import sys

from orchestrator.cli.terminal import speak, warn
from orchestrator.i18n import tr


def main() -> int:
    try:
        from orchestrator.cli.commands import main as command  # noqa: PLC0415 - its extra may be missing
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == __package__:
            raise
        speak(None)
        warn(
            tr(
                "there is no module {name!r}; the service needs more than the plugin: pip install "
                "'pytest-sisyphus[orchestrator]'",
                name=error.name,
            )
        )
        return 2
    return command()


if __name__ == "__main__":
    sys.exit(main())
