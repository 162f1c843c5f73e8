"""`python -m benchmarks.speed`"""

import sys

from . import main

sys.exit(main())
