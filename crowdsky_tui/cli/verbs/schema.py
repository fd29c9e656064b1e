"""Print the JSON Schema of what a verb prints with --json, or name all that have one."""

import json
from typing import Annotated, ClassVar

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.options import CommonOptions, positional


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `schema` takes."""

    on_a_night: ClassVar[bool] = False
    words: Annotated[
        tuple[str, ...], positional("VERB", "and its action, as `plan why`", nargs="*")
    ] = ()


def schema(options: Options) -> int:
    """Print one schema; without a verb the names, or with --json all of them in one object."""
    from crowdsky_tui.cli.documents.schemas import DOCUMENTS, schema_of

    if options.words:
        print(json.dumps(schema_of(options.words), indent=2))
    elif options.json:
        print(json.dumps({name: schema_of(name.split()) for name in DOCUMENTS}, indent=2))
    else:
        print("\n".join(DOCUMENTS))
    return ExitCode.OK
