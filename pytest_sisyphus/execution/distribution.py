"""Serial or parallel: the execution's run mode decides how xdist is used, or that it is not."""

from typing import Final

import pytest

from pytest_sisyphus.execution.contract import Execution
from pytest_sisyphus.i18n import tr

#: durations of API tests vary: idle workers take over what others have not begun.
_DISTRIBUTION: Final = "worksteal"


def choose_mode(config: pytest.Config, execution: Execution) -> list[str]:
    """Call it before xdist reads its options. Returns notes for the terminal. Raises UsageError."""
    option = config.option
    has_xdist = config.pluginmanager.hasplugin("xdist")
    if not execution.is_parallel:
        if not has_xdist:
            return []
        asked = option.numprocesses or option.tx or option.distload
        option.numprocesses, option.tx, option.distload, option.dist = 0, [], False, "no"
        return [tr("run mode 1 is serial: the options for xdist are overruled")] if asked else []
    if not has_xdist:
        raise pytest.UsageError(
            tr(
                "execution {id} runs in parallel (run mode 2), which needs pytest-xdist: "
                "pip install 'pytest-sisyphus[xdist]', or start it with run mode 1",
                id=execution.id,
            )
        )
    if option.dist == "each":
        raise pytest.UsageError(
            tr(
                "--dist=each runs every case several times, but an execution wants one "
                "outcome of each"
            )
        )
    if option.numprocesses is None and not option.tx:
        option.numprocesses = "auto"
        if option.dist == "no" and not option.distload:
            option.dist = _DISTRIBUTION
    return []


def slots(config: pytest.Config) -> int:
    """How many tests run at once, once xdist has read its options."""
    if not config.pluginmanager.hasplugin("dsession"):
        return 1
    counts = [spec.partition("*")[0] if "*" in spec else "1" for spec in config.option.tx]
    return sum(map(int, counts))
