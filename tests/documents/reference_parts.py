"""The generated parts of the reference by name, each a function of the language."""

import reference_commands as commands
import reference_dialect as dialect
import reference_service as service

PARTS = {
    "auth-types": dialect.auth_types,
    "case-statuses": service.case_statuses,
    "categories": service.categories,
    "checks": dialect.checks,
    "commands": commands.commands,
    "endpoints": service.endpoints,
    "error-codes": service.error_codes,
    "execution-statuses": service.execution_statuses,
    "extractors": lambda language: dialect.named(language, dialect.EXTENSIONS.extractors),
    "filters": dialect.filters,
    "functions": dialect.functions,
    "hooks": service.hooks,
    "keys": dialect.keys,
    "metrics": service.metrics,
    "moves": service.moves,
    "options": commands.options,
    "settings": service.settings,
    "step-types": lambda language: dialect.named(language, dialect.EXTENSIONS.steps),
}
