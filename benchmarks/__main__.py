"""`python -m benchmarks [NAME…] [options of the last]`: run the measurements, all or the named."""

import importlib
import itertools
import sys

NAMES = ("idle", "cases", "reports", "speed", "ingest", "lists", "page")

given = sys.argv[1:]
named = list(itertools.takewhile(lambda word: not word.startswith("-"), given))
sys.argv[1:] = given[len(named) :]
codes = []
for name in named or NAMES:
    module = importlib.import_module(f"benchmarks.{name}")
    print(f"== {name}: {(module.__doc__ or '').strip().partition(chr(10))[0]}", flush=True)
    codes.append(module.main())
sys.exit(max(code or 0 for code in codes))
