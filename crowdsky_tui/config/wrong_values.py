"""What msgspec says of a wrong value, in words of the settings file."""

from crowdsky_tui.base.patterns import LazyPattern

_KINDS = {
    "str": "text (a string)", "int": "a whole number", "float": "a number", "bool": "true or false",
    "array": "a list", "object": "a table", "null": "nothing",
}  # fmt: skip
_LIMIT = LazyPattern(r"Expected `(?:int|float)[^`]*` (<|>)(=?) (.+)")
_LENGTH = LazyPattern(r"Expected `(str|array)[^`]*` of (?:minimum )?length (<=|>=)? ?(\d+).*")
_KIND = LazyPattern(r"Expected `([^`]+)`, got `([^`]+)`")


def in_words(message: str) -> str:
    """`it must be at most 90` of "Expected `float` <= 90.0"; what is not known stays as it is."""
    if match := _LIMIT.fullmatch(message):
        number = match[3].removesuffix(".0")
        if not match[2]:
            return f"it must be {'below' if match[1] == '<' else 'above'} {number}"
        return f"it must be at {'most' if match[1] == '<' else 'least'} {number}"
    if match := _LENGTH.fullmatch(message):
        many = {"<=": "at most ", ">=": "at least ", None: ""}[match[2]]
        return f"it must have {many}{match[3]} {'characters' if match[1] == 'str' else 'entries'}"
    if match := _KIND.fullmatch(message):
        wanted = [_KINDS.get(each, each) for each in match[1].split(" | ") if each != "null"]
        return f"it takes {' or '.join(wanted)}, and this is {_KINDS.get(match[2], match[2])}"
    return message
