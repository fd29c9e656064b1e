"""Names that a real Samba shows under made-up ones: one odd target is that one's alone."""

import shutil
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest
from device_kit import joined, shots, stack_every_block, unstacked
from seestar_kit import running, take

from bench.samba import HOST, Samba
from bench.system import tool
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.blocks import parse_crowdsky_name
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.files.http import HttpReader
from crowdsky_tui.instruments.seestar.files.smb import SmbShare, why_refused
from crowdsky_tui.instruments.seestar.service import SeestarService

REFUSED = (
    "V* T CrB",
    "M 31: core",
    "What?",
    'The "Eye"',
    "A<B>",
    "One|Two",
    "M 51.",
    "M 33 ",
    "Aux",
)
PLANE_1 = "Comet \U0001f320\U0001f320"
PLACE = (148.888, 69.065)
pytestmark = pytest.mark.skipif(
    tool("smbd") is None, reason="smbd is missing: apt-get install samba"
)


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    server = Samba(tmp_path_factory.mktemp("samba"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def telescope(samba: Samba) -> AsyncIterator[SeestarService]:
    """A telescope with sub-frames of M 81, of a name beyond U+FFFF and of each refused one."""
    shutil.rmtree(samba.root / "MyWorks")
    (samba.root / "MyWorks").mkdir()
    for target in ("M 81", PLANE_1, *REFUSED):
        place = (148.888, 69.065)
        take(
            samba.root, [msgspec.structs.replace(one, position=place) for one in shots(15, target)]
        )
    async with running(samba.root) as scope:
        share = SmbShare(HOST, samba.port)
        files = ScopeFileAccess(share, HttpReader(scope.host, scope.http_port))
        async with joined(scope, files) as service:
            yield service


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_said_to_be_refused_is_not_shown_by_the_share(
    samba: Samba, name: str
) -> None:
    (samba.root / "MyWorks" / name).mkdir(parents=True, exist_ok=True)
    share = SmbShare(HOST, samba.port)
    try:
        assert why_refused(name) and name not in await share.all_folders()
    finally:
        await share.close()


async def test_every_target_is_listed_and_only_the_odd_ones_are_barred(
    telescope: SeestarService,
) -> None:
    targets, _ = await telescope.look_for_targets()
    barred = {target.target for target in targets if target.barred}
    assert {target.target for target in targets} == {"M 81", PLANE_1, *REFUSED}
    assert barred == set(REFUSED)


async def test_the_odd_ones_are_read_by_the_telescopes_own_pages(
    telescope: SeestarService,
) -> None:
    for target in ("V* T CrB", "M 31: core"):
        known = await telescope.list_blocks(target)
        assert [block.frame_count for block in known.blocks] == [15]
        assert not known.doubts


async def test_nothing_is_touched_for_what_could_not_be_named(
    telescope: SeestarService, samba: Samba
) -> None:
    before = sorted(path for path in samba.root.rglob("*"))
    with pytest.raises(CrowdSkyError, match=r"does not allow \*"):
        await stack_every_block(telescope, "V* T CrB")
    assert sorted(path for path in samba.root.rglob("*")) == before


async def test_a_name_beyond_the_basic_plane_arrives_whole(
    telescope: SeestarService, samba: Samba
) -> None:
    (result,) = await stack_every_block(telescope, PLANE_1)
    name = result.name
    assert parse_crowdsky_name(name)
    stem = name.removesuffix(".fit")
    names = {path.name for path in (samba.root / "MyWorks" / PLANE_1).iterdir()}
    assert names == {name, f"{stem}.jpg", f"{stem}_thn.jpg"}
    assert await unstacked(telescope, PLANE_1) == []
