"""`python -m tests.fuzz --help`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "contract"))

from fuzz_command import main

sys.exit(main())
