"""`python -m tests.fire --help`; `python -m tests.fire planned --help` for planned nights."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "contract")]

if sys.argv[1:2] == ["planned"]:
    from planned_kills import main

    sys.exit(main(sys.argv[2:]))

from fire_command import main as fire

sys.exit(fire())
