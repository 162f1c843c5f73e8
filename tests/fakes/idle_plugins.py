"""Options without which each pytest process that a test starts imports for a second in vain."""

#: plugins that say nothing in there; schemathesis also swallows what other plugins answer to
#: pytest_pyfunc_call. pytest-randomly stays: the plugin's own order has to hold beside it.
_IDLE = ("allure_pytest", "anyio", "faker", "html", "hypothesispytest", "metadata", "schemathesis")
#: for `PYTEST_ADDOPTS`.
NO_IDLE_PLUGINS = " ".join(f"-p no:{name}" for name in _IDLE)
