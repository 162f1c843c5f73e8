"""`python -m benchmarks [NAME…]`: run the measurements, all or the named ones."""

import importlib
import sys

NAMES = ("idle", "cases", "reports")

for name in sys.argv[1:] or NAMES:
    print(f"== {name}: {(module := importlib.import_module(f'benchmarks.{name}')).__doc__}")
    module.main()
