"""R10 in short; at length: `python -m tests.soak`."""

from pathlib import Path

from soaking import Soak, run_soak

SHORT = Soak(nights=2, scopes=2, blocks=4, faults=0.05, seed=3)


async def test_some_nights_with_faults_end_with_every_stack_confirmed(tmp_path: Path) -> None:
    figures = await run_soak(SHORT, tmp_path)
    assert figures.problems() == [], f"again with {SHORT}"
    assert figures.confirmed == 16
