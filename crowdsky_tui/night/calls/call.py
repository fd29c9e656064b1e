"""`Call`: one thing that can be asked of a night, in this process or through an agent's socket.

A call is a record with its parameters, the type of its result, whether it changes anything, and
`run`, which carries it out. To write one is all there is to do: the agent's wire, the copies that
may only look, and the recorder's stand-in go by the record. Importing this imports no night.
"""

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, get_args

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

Result_co = TypeVar("Result_co", covariant=True)
R = TypeVar("R")

QUICK_S, SLOW_S = 30.0, 900.0
_MALFORMED = (ValueError, RecursionError, msgspec.MsgspecError)


class Call(msgspec.Struct, Generic[Result_co], frozen=True, tag=True):
    """Base of all calls: `class Cancel(Call[str], frozen=True)`. Its name is its name on the wire.

    Attributes
    ----------
    changes
        Whether it changes or writes anything; who may only look cannot ask for it.
    patience_s
        Real seconds that an app waits for an agent's answer.

    """

    changes: ClassVar[bool] = True
    patience_s: ClassVar[float] = QUICK_S
    result_type: ClassVar[type] = type(None)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if (same := _CALLS.setdefault(cls.__name__, cls)) is not cls:
            raise TypeError(f"{same.__module__} has a call named {cls.__name__} already")
        for base in cls.__dict__.get("__orig_bases__", ()):  # none for a call made from another
            (cls.result_type,) = get_args(base)

    async def run(self, night: "NightParts") -> Result_co:
        """Carry it out in the process that owns the night. Raises CrowdSkyError."""
        raise NotImplementedError


_CALLS: dict[str, type[Call[object]]] = {}


class _Named(msgspec.Struct, frozen=True):
    type: str


@cache
def import_calls() -> None:
    """Import all calls of this program, and what they import: blocks, the first time."""
    from crowdsky_tui.night import calls

    for module in pkgutil.iter_modules(calls.__path__):
        importlib.import_module(f"{calls.__name__}.{module.name}")


def every_call() -> dict[str, type[Call[object]]]:
    """All calls of this program by their names on the wire."""
    import_calls()
    return dict(_CALLS)


def encoded_call(call: Call[object]) -> msgspec.Raw:
    """A call as JSON."""
    return msgspec.Raw(msgspec.json.encode(call))


def decoded_call(said: msgspec.Raw) -> Call[object]:
    """The call that this JSON is. UsageError if there is none such, or its parameters are wrong."""
    try:
        name = msgspec.json.decode(said, type=_Named).type
        import_calls()
        if (kind := _CALLS.get(name)) is not None:
            return msgspec.json.decode(said, type=kind)
        why = f"there is none named {clean(name, 40)}"
    except _MALFORMED as error:
        why = clean(error, 200)
    raise UsageError("this call is not understood", why, "Use the same version on both sides")


def encoded_result(result: object) -> msgspec.Raw:
    """A call's result as JSON. Raises what msgspec raises for what cannot be written so."""
    return msgspec.Raw(msgspec.json.encode(result))


def decoded_result(call: Call[R], said: msgspec.Raw) -> R:
    """What came of a call. CrowdSkyError if it is not of the call's type."""
    try:
        result: R = msgspec.json.decode(said, type=call.result_type)
    except _MALFORMED as error:
        raise CrowdSkyError(
            f"the answer to {type(call).__name__} is not understood",
            clean(error, 200),
            "Use the same version on both sides",
        ) from error
    return result
