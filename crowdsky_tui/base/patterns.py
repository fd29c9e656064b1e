"""Regular expressions that are compiled at their first use.

To compile all that this program knows takes 5 ms of a start that uses three of them.
"""

import re
from typing import Any, AnyStr, cast


class _Uncompiled:
    """Stands for a pattern, and has each of its methods compiled once."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A pattern for `match`, `fullmatch`, `search`, `finditer`, `sub` and so on.

    For `re`'s own functions, which want a true pattern, it is none. A fault in `text` shows at the
    first use.
    """
    return cast("re.Pattern[AnyStr]", _Uncompiled(text, flags))
