"""Settings of the alerts: which sources are asked, and what is done about what they say."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import DEGREES, MINUTES

Rule = Literal["off", "notify", "propose", "interrupt"]
_RULES = (
    '"off", "notify" (the inbox of screen 5 and a line), "propose" (what is up tonight as a notice,'
    ' too), "interrupt" (proposed the more urgently: what you take begins with the next block).'
)


class AlertSettings(Section, frozen=True):
    """Others' calls for observations. Nothing of them is planned before you take it."""

    aavso: Annotated[Rule, says(f"AAVSO's Target Tool: {_RULES}")] = "off"
    tns: Annotated[Rule, says("The Transient Name Server, the same.")] = "off"
    asassn: Annotated[Rule, says("ASAS-SN's page of transients, the same.")] = "off"
    gcn: Annotated[
        Rule,
        says(
            "NASA's General Coordinates Network, the same (needs the extra: pip install"
            ' "crowdsky-tui[alerts]").'
        ),
    ] = "off"
    auto: Annotated[
        bool,
        says(
            'Take what comes from a source of rule "interrupt", and is up tonight, without asking'
            " you."
        ),
    ] = False
    every: Annotated[
        float,
        Meta(ge=15, le=1440),
        says("How often a source is asked.", unit=MINUTES),
    ] = 30.0
    error: Annotated[
        float,
        Meta(gt=0, le=10),
        says(
            "Largest error of a place: half the short side of the field (0.35 for an S50, 0.6 for"
            " an S30).",
            unit=DEGREES,
        ),
    ] = 0.35
    brightest: Annotated[float, Meta(ge=-30, le=30), says("What is brighter saturates.")] = 5.0
    faintest: Annotated[float, Meta(ge=-30, le=30), says("What is fainter is left.")] = 16.0
    oldest: Annotated[
        float, Meta(gt=0, le=365), says("Days after which what was discovered is left.")
    ] = 30.0
    aavso_key: Annotated[
        str,
        says(
            "Your API key of the Target Tool. Better kept in config.local.toml (mode 0600), or in"
            " the environment as AAVSO_TARGET_TOOL_KEY."
        ),
    ] = ""
    aavso_sections: Annotated[
        str, says('Which sections are asked, with commas between them: "ac" (campaigns), "all".')
    ] = "ac"
    aavso_url: Annotated[str, says("Where the Target Tool is.")] = "https://targettool.aavso.org"
    tns_id: Annotated[str, says("The number of your bot, or of yourself, at the TNS.")] = ""
    tns_name: Annotated[str, says("Its name there.")] = ""
    tns_key: Annotated[
        str, says("The bot's key; without one you are asked as a user. Better kept like aavso_key.")
    ] = ""
    tns_url: Annotated[str, says("Where the TNS is.")] = "https://www.wis-tns.org"
    asassn_url: Annotated[str, says("Where ASAS-SN's page is.")] = (
        "https://www.astronomy.ohio-state.edu/asassn/transients.html"
    )
    vsx_url: Annotated[str, says("Where AAVSO's catalogue of variable stars is.")] = (
        "https://vsx.aavso.org"
    )
    vsp_url: Annotated[str, says("Where AAVSO's charts are.")] = "https://app.aavso.org"
    gcn_id: Annotated[str, says("Client ID of GCN.")] = ""
    gcn_secret: Annotated[str, says("Its secret. Better kept like aavso_key.")] = ""
    gcn_topics: Annotated[str, says("The topics that are read, with commas between them.")] = (
        "gcn.notices.einstein_probe.wxt.alert, gcn.notices.swift.bat.guano"
    )
    gcn_servers: Annotated[
        str, says("GCN's brokers. This machine's are asked without a login, for rehearsals.")
    ] = "kafka.gcn.nasa.gov"

    def rule(self, source: str) -> str:
        """The rule of a source by its name; of pasted lines, which the user types, "notify"."""
        return f"{getattr(self, source, 'notify')}"


def check_alerts(alerts: AlertSettings) -> None:
    """ValueError if an address is not safe, or a source that is on lacks its login."""
    for name in ("aavso_url", "tns_url", "asassn_url", "vsx_url", "vsp_url"):
        parts = urlsplit(getattr(alerts, name))
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or (
            parts.scheme != "https" and not (parts.scheme == "http" and here)
        ):
            raise ValueError(f"{name} must begin with https:// (http:// only to this machine)")
    if alerts.aavso != "off" and not alerts.aavso_key:
        raise ValueError("aavso needs aavso_key, which your account at the AAVSO shows")
    if alerts.tns != "off" and not (alerts.tns_id and alerts.tns_name):
        raise ValueError("tns needs tns_id and tns_name: it answers nobody without a name")
    if alerts.gcn != "off" and not (alerts.gcn_id and alerts.gcn_secret):
        raise ValueError("gcn needs gcn_id and gcn_secret, which gcn.nasa.gov gives you")
