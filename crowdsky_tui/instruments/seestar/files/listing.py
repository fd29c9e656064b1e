"""Listing folders: by the share, or by the telescope's own pages where the share is away.

The pages have one cursor per *device*, shared with every other client, so
one listing at a time, and names that belong elsewhere make it read again. Their sizes are KiB.

Source: docs/design/seestar-protocol.md 3.9.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, DeviceError, ScopeBusy, ScopeUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import (
    main_folder,
    one_form,
    parse_crowdsky_name,
    parse_dso_name,
    parse_light_filename,
)
from crowdsky_tui.instruments.seestar.connection.rpc import RpcConnection
from crowdsky_tui.instruments.seestar.control.state import items_of, number_of, section, whole_of
from crowdsky_tui.instruments.seestar.files.files import (
    MY_WORKS,
    Listing,
    Names,
    RemoteFile,
    ScopeFiles,
    is_safe_name,
    not_found,
    usable,
    why_unsafe,
)
from crowdsky_tui.instruments.seestar.files.records import LeftOut

log = logging.getLogger(__name__)

PAGE = 20
READINGS = 4
SHARE_REST_S = 30.0
MOST_PAGES = 25_000
"""Half a million files: a telescope's whole memory holds fewer sub-frames."""
_LIKE_SUB = re.compile(r".+[_ -]subs?(?![a-z])", re.IGNORECASE)
_PANEL = re.compile(r"_[0-9]+")


class FolderUnion(msgspec.Struct, frozen=True):
    """The folders below MyWorks, sorted.

    `only_in` says "share" or "albums" for those that only one
    of them shows; it is empty where only one could be asked. `left_out` are folders that seem to
    hold sub-frames and cannot be used.
    """

    names: tuple[str, ...]
    only_in: dict[str, str] = {}
    left_out: tuple[LeftOut, ...] = ()


class FolderContents(msgspec.Struct, frozen=True):
    """A folder's files, and the names (as they are) of those that may not be part of a path."""

    files: Listing
    unusable: tuple[str, ...] = ()


def _united(found: dict[str, list[str]]) -> FolderUnion:
    """One name for each folder, as the first source that shows it writes it."""
    shown: dict[str, dict[str, str]] = {}
    for source, names in found.items():
        forms = Counter(map(one_form, set(names)))
        for name in names:
            alone = forms[one_form(name)] == 1
            shown.setdefault(one_form(name) if alone else name, {})[source] = name
    folders = {next(iter(by_source.values())): list(by_source) for by_source in shown.values()}
    safe = sorted(name for name in folders if is_safe_name(name))
    only_in = {
        name: folders[name][0] for name in safe if len(found) == 2 and len(folders[name]) == 1
    }
    return FolderUnion(tuple(safe), only_in, _left_out(folders, safe))


def _left_out(folders: Iterable[str], safe: Iterable[str]) -> tuple[LeftOut, ...]:
    """The folders that seem to hold sub-frames by their names, but are no target's."""
    mains = {main for name in safe if (main := main_folder(name))}
    left = []
    for name in sorted(set(folders) - mains):
        if not is_safe_name(name) and _LIKE_SUB.match(name):
            left.append(LeftOut(name, f"this folder's name {why_unsafe(name)}"))
        elif main_folder(name) is None and _LIKE_SUB.match(name):
            left.append(LeftOut(name, "a telescope names no folder of sub-frames so"))
    return tuple(left)


class ScopeListing:
    """One listing at a time on one telescope."""

    def __init__(self, name: str, files: ScopeFiles, rpc: RpcConnection) -> None:
        self._name = name
        self._said: dict[str, str] = {}
        self._files = files
        self._rpc = rpc
        self._lock = asyncio.Lock()
        self._share_rests_until = 0.0

    async def folders(self) -> FolderUnion:
        """Names below MyWorks: the share's and the albums' together, each of which may lack some.

        Raises ScopeUnreachable only if neither can be asked.
        """
        async with self._lock:
            found: dict[str, list[str]] = {}
            problems: list[CrowdSkyError] = []
            for source, names in (("share", self._share_folders), ("albums", self._album_folders)):
                try:
                    found[source] = await names()
                except DeviceError as error:
                    problems.append(error)
        if len(problems) == 2:
            raise problems[0]
        union = _united(found)
        self._say(union)
        return union

    def _say(self, union: FolderUnion) -> None:
        """One line in the log each time that the two disagree in another way."""
        if union.only_in == self._said:
            return
        self._said = union.only_in
        for source in sorted(set(union.only_in.values())):
            names = [name for name, only in union.only_in.items() if only == source]
            log.info(
                "%s: %d of %d folders are only in the %s: %s",
                self._name,
                len(names),
                len(union.names),
                source,
                clean(", ".join(names), 400),
            )

    async def list(self, folder: str) -> Listing:
        """The files in `MyWorks/<folder>`. Raises NotFoundOnScope, ScopeUnreachable."""
        return (await self.read(folder)).files

    async def read(self, folder: str) -> FolderContents:
        """The same with what cannot be used. By pages where the share cannot reach the folder."""
        async with self._lock:
            every = await self._read(folder)
        odd = tuple(file.name for file in every if not is_safe_name(file.name))
        return FolderContents(usable(every), odd)

    async def _read(self, folder: str) -> Listing:
        if self._files.refuses(folder):
            return await self._pages_twice(folder)
        try:
            self._check_share()
            return await self._files.list(f"{MY_WORKS}/{folder}")
        except ScopeUnreachable as unreachable:
            self._rest_share()
            try:
                return await self._pages_twice(folder)
            except ScopeUnreachable:
                raise unreachable from None

    async def _share_folders(self) -> Names:
        self._check_share()
        try:
            return await self._files.folders()
        except ScopeUnreachable:
            self._rest_share()
            raise

    def _check_share(self) -> None:
        """A share that was away a moment ago is not asked again at once: each try takes seconds."""
        if asyncio.get_running_loop().time() < self._share_rests_until:
            raise ScopeUnreachable("the telescope's share could not be reached a moment ago")

    def _rest_share(self) -> None:
        self._share_rests_until = asyncio.get_running_loop().time() + SHARE_REST_S

    async def _album_folders(self) -> Names:
        albums = await self._rpc.call("get_albums")
        names = [
            section(entry).get("name")
            for group in items_of(albums, "list")
            for entry in items_of(group, "files")
        ]
        return [name for name in names if isinstance(name, str)]

    async def _pages_twice(self, folder: str) -> Listing:
        """Read the pages; read them again while another client seems to have turned them."""
        before: Listing | None = None
        for _ in range(READINGS):
            files = await self._pages(folder)
            if files is not None and (files == before or _all_belong(folder, files)):
                return files
            before = files
        raise ScopeBusy(
            f"the files in {folder} cannot be listed",
            "another app is listing files on this telescope at the same time",
            "Close the album in the phone app, or make the share reachable",
        )

    async def _pages(self, folder: str) -> Listing | None:
        """One reading, None if a page was not full although another followed."""
        params = {"dir": f"{MY_WORKS}/{folder}", "skip_avi": False}
        answer = await self._rpc.call("get_img_file_page_number", params)
        pages = whole_of(answer if isinstance(answer, dict) else {"count": answer}, "count")
        if not pages or not 0 < pages <= MOST_PAGES:
            raise not_found(f"{MY_WORKS}/{folder}")
        files: Listing = []
        for page in range(pages):
            rows = await self._rpc.call("get_img_file_page_name", {"page": page})
            if not isinstance(rows, list) or (len(rows) != PAGE and page < pages - 1):
                return None
            files += [file for row in rows if (file := _file(row))]
        return sorted(files, key=lambda file: file.name)


def _file(row: object) -> RemoteFile | None:
    fields = section(row)
    name = fields.get("name")
    if not isinstance(name, str) or fields.get("is_dir"):
        return None
    return RemoteFile(name, int(max(number_of(fields, "size_k") or 0, 0) * 1024), exact=False)


def _all_belong(folder: str, files: Listing) -> bool:
    return all(_belongs(folder, file.name) for file in files)


def _belongs(folder: str, filename: str) -> bool:
    """Whether a file of this name may lie in the folder: kind and target must fit it."""
    main = main_folder(folder)
    light = parse_light_filename(filename)
    stack = parse_crowdsky_name(filename) or parse_dso_name(filename)
    named = light or stack
    if named is None:
        return True
    if (light is not None) != (main is not None):
        return False
    bare, target = one_form(main or folder).removesuffix("_mosaic"), one_form(named.target)
    stems = [stem for stem in (bare, f"mosaic_{bare}") if target.startswith(stem)]
    rest = target[len(max(stems, key=len)) :] if stems else "no"
    return rest in ("", "_mosaic") or _PANEL.fullmatch(rest) is not None
