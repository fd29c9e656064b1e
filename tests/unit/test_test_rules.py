"""What holds of every test run."""

import ast
import gc
import traceback
from typing import Any


class TellsWhenItGoes:
    """Lies in a circle, so that the collector takes it; its end tells a traceback."""

    def __init__(self) -> None:
        self.circle = self

    def __del__(self) -> None:
        nothing: Any = None
        try:
            nothing + str(1)
        except TypeError:
            traceback.format_exc()


def test_no_finalizer_ever_interrupts_a_parse() -> None:
    text = f"x = [{', '.join(f'f({number}) + {number}' for number in range(3000))}]"
    usual = gc.get_threshold()
    gc.set_threshold(200)
    try:
        for _ in range(5):
            for _ in range(50):
                TellsWhenItGoes()
            ast.parse(text)
    finally:
        gc.set_threshold(*usual)
