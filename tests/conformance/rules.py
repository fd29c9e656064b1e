"""The rules of docs/design/instruments.md, each as a function that any kind of instrument passes.

A rule gets a `Rig`, makes what it needs of it, and asserts. `test_rules_can_fail.py` shows of each
that an instrument which breaks it is caught.
"""

import rules_of_telling
import rules_of_use
from telling import RULES

__all__ = ["RULES", "rules_of_telling", "rules_of_use"]
