"""Settings of the surveys whose measurements are shown beside one's own."""

from typing import Annotated

from crowdsky_tui.config.section import Section, says


class SurveySettings(Section, frozen=True):
    """Surveys and star lists that projects of curves may ask. Without a project none is asked."""

    atlas_username: Annotated[
        str, says("Your account at ATLAS's forced photometry; it is free.")
    ] = ""
    atlas_password: Annotated[
        str, says("The account's password. Better kept in config.local.toml (mode 0600).")
    ] = ""
    ztf_url: Annotated[str, says("ZTF's light curves at IRSA.")] = "https://irsa.ipac.caltech.edu"
    snad_url: Annotated[
        str, says("ZTF's second door, asked where the first one has an error. Empty: none.")
    ] = "https://db.ztf.snad.space"
    atlas_url: Annotated[str, says("ATLAS's forced photometry.")] = "https://fallingstar-data.com"
    gaia_url: Annotated[str, says("Gaia's epoch photometry.")] = "https://gea.esac.esa.int"
    aavso_url: Annotated[str, says("The AAVSO's database, and its catalogue of variables.")] = (
        "https://vsx.aavso.org"
    )
    sequences_url: Annotated[str, says("The AAVSO's comparison stars.")] = "https://apps.aavso.org"
