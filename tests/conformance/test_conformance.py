"""Every kind of instrument passes every rule."""

from pathlib import Path

import pytest
from kinds import KINDS
from rules import RULES
from subject import Rig


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", RULES)
async def test_it_conforms(kind: str, rule: str, tmp_path: Path) -> None:
    await RULES[rule](Rig(KINDS[kind], tmp_path))
