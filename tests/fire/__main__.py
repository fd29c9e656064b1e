"""`python -m tests.fire --help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fire_command import main

sys.exit(main())
