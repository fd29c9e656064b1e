"""A site's page as a tree, within bounds: whatever it holds, it is read in a moment.

Imports BeautifulSoup, so it is imported when a page is to be read.
"""

import re
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.exceptions import ParserRejectedMarkup

from crowdsky_tui.base.errors import ProtocolError

MOST_MARKS = 60_000
"""Of `<`. A page of 1,000 results has less than half of it."""
DEEPEST = 100
"""Elements within each other. To take the text of elements costs the square of it."""

_UNSHOWN = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*>?", re.DOTALL)
"""Comments and declarations."""
_NO_TAG = re.compile(r"<(?=[^<>]*(?:<|\Z))")
"""What another `<` follows before it is closed: `html.parser` would look for its end to the end of
the page, again for each."""


def page_tree(text: str) -> BeautifulSoup:
    """The tree of a page. Takes up to seconds for a large one, so call it in a thread.

    Raises
    ------
    ProtocolError
        It is too large, too deep, or no page.
    """
    text = _NO_TAG.sub("&lt;", _UNSHOWN.sub("", text))
    if text.count("<") > MOST_MARKS:
        raise _unreadable(f"it has more than {MOST_MARKS:,} marks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            tree = BeautifulSoup(text, "html.parser")
        except (ParserRejectedMarkup, RecursionError, ValueError, AssertionError) as error:
            raise _unreadable("it is no HTML") from error
    depths = {id(tree): 0}
    for element in tree.find_all(name=True):
        depth = depths[id(element.parent)] + 1
        if depth > DEEPEST:
            raise _unreadable(f"it has more than {DEEPEST} elements within each other")
        depths[id(element)] = depth
    return tree


def _unreadable(why: str) -> ProtocolError:
    return ProtocolError("a site's page cannot be read", why, "Try again later")
