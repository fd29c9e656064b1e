"""Regular expressions that are compiled at their first use.

To compile all that this program knows takes 5 ms of a start that uses three of them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import AnyStr, Generic


class LazyPattern(Generic[AnyStr]):
    """The methods of `re.Pattern` that are used here; each costs what the pattern's own does.

    A fault in `text` shows at the first use.
    """

    def __init__(self, text: AnyStr, flags: int = 0) -> None:
        self._text: AnyStr = text
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(self._text, self._flags)

    @cached_property
    def match(self) -> Callable[..., re.Match[AnyStr] | None]:
        return self._compiled.match

    @cached_property
    def fullmatch(self) -> Callable[..., re.Match[AnyStr] | None]:
        return self._compiled.fullmatch

    @cached_property
    def search(self) -> Callable[..., re.Match[AnyStr] | None]:
        return self._compiled.search

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[AnyStr]]]:
        return self._compiled.finditer

    @cached_property
    def sub(self) -> Callable[..., AnyStr]:
        return self._compiled.sub

    @cached_property
    def findall(self) -> Callable[..., list[AnyStr]]:
        return self._compiled.findall
