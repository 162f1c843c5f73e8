"""The child program: evaluates one XPath that may take long.

Arguments: the descriptor of the result, and one that is not used. Standard input is the request:
`{path, language, seconds, arguments, body}`. The result is `{matches, several}`, `{unreadable}`
or `{error}`.
"""

import json
import os
import resource
import sys
from typing import Any


def main() -> None:
    request = json.load(sys.stdin.buffer)
    seconds = request["seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path[:] = request["path"]
    result = json.dumps(_evaluated(request)).encode()
    while result:
        result = result[os.write(int(sys.argv[1]), result) :]


def _evaluated(request: Any) -> dict[str, Any]:
    from pytest_sisyphus.errors import ConfigError, ResponseInvalid  # noqa: PLC0415 - found now
    from pytest_sisyphus.extract import xpath  # noqa: PLC0415
    from pytest_sisyphus.i18n import set_language, tr  # noqa: PLC0415

    set_language(request["language"])
    path, namespaces = request["arguments"]
    try:
        root = xpath.parse_root(*request["body"])
        matches, several = xpath.evaluate(path, tuple(map(tuple, namespaces)), root)
    except ResponseInvalid as error:
        return {"unreadable": str(error)}
    except (ConfigError, MemoryError) as error:
        return {"error": str(error) or tr("the memory is not enough")}
    return {"matches": matches, "several": several}


if __name__ == "__main__":
    main()
