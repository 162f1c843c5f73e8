"""Plugins of the service in a test: as a module on the path, or installed."""

import importlib
import sys

from made_once import installed


class Plugins:
    """A folder on `sys.path`; what is imported from it is forgotten at the end."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self._before = set(sys.modules)
        folder.mkdir()
        monkeypatch.syspath_prepend(str(folder))

    def module(self, name, text):
        (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return name

    def install(self, distribution, **entries):
        """A distribution with these entry points, as an installer leaves it."""
        info = self.folder / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        )
        lines = [f"{name} = {target}" for name, target in entries.items()]
        text = "\n".join(["[sisyphus_orchestrator]", *lines, ""])
        (info / "entry_points.txt").write_text(text)
        importlib.invalidate_caches()
        installed.cache_clear()

    def forget(self):
        for name in set(sys.modules) - self._before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(self.folder)):
                del sys.modules[name]
