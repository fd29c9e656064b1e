"""Settings of the telescopes, and of who is asked when they are searched for."""

from typing import Annotated, Literal

from msgspec import Meta

from crowdsky_tui.config.section import Section, says

Port = Annotated[int, Meta(ge=1, le=65535)]


class ScopeSettings(Section, frozen=True):
    """One telescope, by its address, or by its serial (then it is searched for), or both."""

    host: Annotated[
        str,
        says(
            "Address or name of the telescope. Empty: it is searched for by its serial.",
            "seestar.local",
        ),
    ] = ""
    name: Annotated[str, says("What it is called on screen and by --scope. Empty: its host.")] = ""
    serial: Annotated[
        str,
        says(
            "Its serial, as 'crowdsky-tui scopes' shows it: then it is found again at another"
            " address, and never taken for another one."
        ),
    ] = ""
    key_path: Annotated[
        str,
        says(
            "Your own file with the login key that firmware 7.18 and later wants (PEM, mode 0600)."
            " Empty: looked for at $SEESTAR_KEY_PATH, ./seestar.pem,"
            " ~/.config/crowdsky-tui/seestar.pem, ~/.seestarpy/seestar.pem"
        ),
    ] = ""
    rpc_port: Annotated[Port, says("Port of its control connection.")] = 4700
    http_port: Annotated[Port, says("Port of its web server.")] = 80
    smb_port: Annotated[Port, says("Port of its share.")] = 445
    udp_port: Annotated[Port, says("Port of its answer to searches.")] = 4720
    files: Annotated[
        Literal["smb", "folder"],
        says(
            'How its folders are reached: "smb" (its guest share), or "folder" if they are'
            " mounted here."
        ),
    ] = "smb"
    folder: Annotated[str, says('With files = "folder": the folder that holds MyWorks.')] = ""
    zone: Annotated[str, says("Its time zone. Empty: ask the telescope.")] = ""


def scope_name(scope: ScopeSettings) -> str:
    """What a scope is called on screen and by --scope."""
    return scope.name or scope.host or scope.serial


class SearchSettings(Section, frozen=True):
    """Who is asked when telescopes are searched for."""

    hosts: Annotated[
        str,
        says(
            "Addresses or names, with commas between them, that are asked when telescopes are"
            " searched for, such as those behind a router. Then nobody else is asked. Empty:"
            " everybody on this machine's networks. CROWDSKY_SEARCH in the environment does the"
            " same."
        ),
    ] = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The hosts, one by one."""
        return tuple(host for each in self.hosts.split(",") if (host := each.strip()))
