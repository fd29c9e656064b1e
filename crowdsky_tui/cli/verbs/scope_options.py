"""The parser of the verb `scope`. Light: it is built whenever the command line is."""

import argparse

from crowdsky_tui.night.telescope_actions import ACTIONS

STATUS = "how it is: battery, temperature, room, focus, signal, what it does"


def add_actions(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """One sub-verb for each thing that can be told to a telescope."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    texts = {"status": STATUS, **{name: action.help for name, action in ACTIONS.items()}}
    made = {
        name: actions.add_parser(name, help=text, description=f"{text}.", parents=[common])
        for name, text in texts.items()
    }
    for name, action in ACTIONS.items():
        if action.ask:
            made[name].add_argument("--yes", action="store_true", help="do not ask")
    made["goto"].add_argument(
        "target",
        metavar="TARGET",
        nargs="+",
        help="M 81, NGC 7000, IC 1396, T CrB, or J2000: 09 55 33 +69 03 55, 148.888 69.065",
    )
    made["goto"].add_argument("--name", help="what to call it: its folder and its OBJECT")
    made["start"].add_argument(
        "--resume", action="store_true", help="go on with the last stack instead of a new one"
    )
    made["filter"].add_argument("name", metavar="NAME", help="IRCUT, LP or dark")
    made["exposure"].add_argument("seconds", metavar="S", type=int, help="10, 20, 30 or 60")
    made["gain"].add_argument("gain", metavar="N", type=int)
    made["heater"].add_argument("switch", choices=ACTIONS["heater"].choices)
    made["heater"].add_argument("--value", metavar="PERCENT", type=int, help="its power (90)")
