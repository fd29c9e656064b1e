"""A client of the original kind, written for this test from the facts about its calls alone.

It knows nothing of this program: the standard library, one cookie jar, form posts. The stand-in has
to let it sign in, list 250 requests, resolve, search, download cube and zip, and submit, and what
the stand-in was asked has to be what the facts say the original asks
(docs/design/telescope-org.md 3).
"""

import asyncio
import io
import json
import re
import urllib.parse
import urllib.request
import zipfile
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import Remote, remote

Answer = dict[str, Any]


class PlainClient:
    """Calls as the original makes them: a double slash, numbers as they come, nothing retried."""

    def __init__(self, url: str) -> None:
        self.url = url + "/"
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)

    def post(self, path: str, fields: Any = None) -> bytes:
        body = urllib.parse.urlencode(fields or {}).encode()
        with self._opener.open(self.url + path, data=body, timeout=20) as answer:
            return bytes(answer.read())

    def get(self, path: str) -> tuple[bytes, str | None]:
        with self._opener.open(self.url + path, timeout=20) as answer:
            return bytes(answer.read()), answer.headers["Content-Length"]

    def login(self, user: str, password: str) -> None:
        self.post("login.php", {"action": "login", "username": user, "password": password,
                                "stayloggedin": "true"})  # fmt: skip

    def call(self, module: str, request: str, params: Answer | None = None) -> Answer:
        fields = {"module": module, "request": request}
        if params:  # the original's HTTP library sends no field for an empty dictionary
            fields["params"] = json.dumps(params)
        answer: Answer = json.loads(self.post("api-user.php", fields))
        return answer

    def requests(self, sort: str = "rid") -> list[Answer]:
        """All of the inbox in two calls: a hundred, and the rest."""
        params: Answer = {"limit": 100, "sort": sort, "folderid": 1}
        first = self.call("request-manager", "1-get-list-own", params)["data"]
        total = int(first["totalRequests"])
        params |= {"limit": total - 100, "startAfterRow": 100}
        rest = self.call("request-manager", "1-get-list-own", params)["data"]
        return [*first["requests"], *rest["requests"]]

    def job_of(self, request: str) -> int:
        page = self.post(f"v4request-view.php?rid={request}").decode("latin-1")
        line = next(line for line in page.splitlines() if "var info = " in line)
        return int(json.loads(line[line.index("{") : line.rindex("}") + 1])["jid"])

    def cells(self, query: str) -> dict[str, str]:
        page = self.post(f"v4request-view.php?{query}").decode("latin-1")
        return dict(re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", page))

    def download(self, job: int, *, cube: bool) -> bytes:
        verb = "0-create-dl3d" if cube else "0-create-dlzip"
        made = self.call("image-engine", verb, {"jid": job})
        preparation = made["data"]["ieID"]
        for _ in range(31):
            ready = self.call("image-engine", "0-is-job-ready", {"ieid": preparation})
            if ready["status"] == "READY":
                break
        size = int(ready["data"]["fitssize" if cube else "fitsbzsize"])
        content, length = self.get(f"v3image-download.php?jid={job}&ieid={preparation}")
        assert len(content) == size == int(length or 0)
        return content

    def submit(self) -> Answer:
        self.call("request-constructor", "0-rb-clear")
        self.call("request-constructor", "0-rb-set", SS_CYG)
        return self.call("request-constructor", "0-rb-submit")


SS_CYG = {
    "telescopeid": "6", "telescopetype": 2, "exposuretime": 30000, "filtertype": "BVR",
    "objecttype": "RADEC", "objectname": "SS Cyg", "objectid": "21:42:42.80 +43:35:09.86",
    "usercomments": "AutoSubmit",
}  # fmt: skip


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Remote]:
    async with remote(tmp_path) as site:
        yield site


async def signed_in(it: Remote) -> PlainClient:
    client = PlainClient(it.site.url)
    account = it.site.account
    await asyncio.to_thread(client.login, account.username, account.password)
    return client


async def test_it_lists_250_requests_in_two_calls_as_the_facts_show_them(it: Remote) -> None:
    client = await signed_in(it)
    folders = await asyncio.to_thread(client.call, "request-manager", "0-get-my-folders")
    assert {"id", "creationtime", "name", "count"} == set(folders["data"][0])
    rows = await asyncio.to_thread(client.requests, "completion")
    assert len({row["id"] for row in rows}) == 250
    assert all(isinstance(row["status"], str) and isinstance(row["row"], str) for row in rows)
    login, asked, first, second = it.site.calls
    assert login.path == "/login.php" and login.fields == {
        "action": ["login"], "username": ["alice"], "password": [it.site.account.password],
        "stayloggedin": ["true"],
    }  # fmt: skip
    assert "params" not in asked.fields
    assert first.fields["params"] == ['{"limit": 100, "sort": "completion", "folderid": 1}']
    assert second.fields["params"] == [
        '{"limit": 150, "sort": "completion", "folderid": 1, "startAfterRow": 100}'
    ]
    assert first.fields["module"] == ["request-manager"]
    assert first.fields["request"] == ["1-get-list-own"]


async def test_it_resolves_and_reads_a_request_and_its_job(it: Remote) -> None:
    client = await signed_in(it)
    rows = await asyncio.to_thread(client.requests)
    done = next(row for row in rows if row["status"] == "8")
    job = await asyncio.to_thread(client.job_of, done["id"])
    there = await asyncio.to_thread(client.cells, f"rid={done['id']}")
    assert there["Job ID"] == f"J{job}" and there["Status"].strip() == "Complete"
    told = await asyncio.to_thread(client.cells, f"jid={job}")
    assert f"R{done['id']}" in told["Request ID"] and told["Status"].strip() == "Success"
    when = told["Completion Time"].split()
    assert len(when) >= 8 and when[6].startswith("(") and when[7] == "UTC)"
    assert told["Exposure Time"].endswith(" ms")


async def test_it_downloads_cube_and_zip(it: Remote) -> None:
    client = await signed_in(it)
    cube = await asyncio.to_thread(client.download, it.a_job(), cube=True)
    assert cube.startswith(b"SIMPLE  =") and len(cube) % 2880 == 0
    packed = await asyncio.to_thread(client.download, it.a_job(), cube=False)
    with zipfile.ZipFile(io.BytesIO(packed)) as frames:
        assert frames.testzip() is None and len(frames.namelist()) == 3
    asked = [call.fields["request"][0] for call in it.site.calls if call.endpoint == "create"]
    assert asked == ["0-create-dl3d", "0-create-dlzip"]
    paths = {call.path for call in it.site.calls if call.endpoint == "download"}
    assert paths == {"/v3image-download.php"}


async def test_it_submits_in_three_calls(it: Remote) -> None:
    client = await signed_in(it)
    before = set(it.site.account.requests)
    answer = await asyncio.to_thread(client.submit)
    assert answer["success"] and int(answer["data"]["id"]) not in before
    clear, put, submit = it.site.calls[-3:]
    assert clear.fields == {"module": ["request-constructor"], "request": ["0-rb-clear"]}
    assert json.loads(put.fields["params"][0]) == SS_CYG
    assert submit.fields == {"module": ["request-constructor"], "request": ["0-rb-submit"]}


async def test_our_client_asks_for_the_same_as_it(it: Remote) -> None:
    """Of a submission: module, request and fields, but for what the user may choose."""
    from telescope_org_kit import a_draft

    client = await signed_in(it)
    await asyncio.to_thread(client.submit)
    theirs = it.site.calls[-2].fields["params"][0]
    await it.client.submit(a_draft(comment="AutoSubmit"))
    ours = it.site.calls[-2].fields["params"][0]
    assert {**json.loads(ours), "objectid": ""} == {**json.loads(theirs), "objectid": ""}


async def test_the_public_search_finds_the_night(it: Remote) -> None:
    client = PlainClient(it.site.url)
    day = it.site.clock.now().date()
    fields = [("sort1", "completetime"), ("sort1order", "desc")]
    for key, parts in (("earliest", (1, 1, 2010, 16, 0)),
                       ("latest", (day.day, day.month, day.year, 16, 0))):  # fmt: skip
        fields += [(f"search{key}com[]", str(part)) for part in parts]
    fields += [("searchstatus[]", "1"), ("resultsperpage", "1000"), ("searchfilter", ""),
               ("searchtelescope", ""), ("submit", "Go")]  # fmt: skip
    page = (await asyncio.to_thread(client.post, "v3job-search-query.php", fields)).decode()
    jobs = re.findall(r'href="[^"]*?jid=(\d+)&', page)
    private = {one.id for one in it.site.account.jobs.values() if one.private}
    assert jobs and not {int(job) for job in jobs} & private
    assert "Private jobs excluded" in page and "&nbsp - Success" in page


async def test_it_fetches_a_processed_picture_from_the_frame_of_its_page(it: Remote) -> None:
    client = await signed_in(it)
    job = it.a_job()
    for _ in range(31):
        page, _ = await asyncio.to_thread(client.get, f"imageengine-request.php?jid={job}&type=1")
        if found := re.search(r'<iframe[^>]* src="([^"]+)"', page.decode()):
            break
    assert found is not None
    content, length = await asyncio.to_thread(client.get, found[1])
    assert content.startswith(b"SIMPLE  =") and len(content) == int(length or 0)


async def test_it_walks_the_old_form_with_the_ticket_of_each_page(it: Remote) -> None:
    client = await signed_in(it)
    before = set(it.site.account.requests)
    page, _ = await asyncio.to_thread(client.get, "request-constructor.php?action=new")
    for step in FORM_STEPS:
        ticket = re.search(r'name="ticket" value="(\d+)"', page.decode())
        assert ticket is not None
        page = await asyncio.to_thread(
            client.post, "request-constructor.php", {"ticket": ticket[1], **step}
        )
    (new,) = set(it.site.account.requests) - before
    request = it.site.account.requests[new]
    assert (request.object_name, request.object_id) == ("SS Cyg", "21:42:42.80 +43:35:09.86")
    assert request.exposure_ms == 30_000 and request.filter == "BVR"


FORM_STEPS = (
    {"action": "main-go-part1"},
    {"action": "part1-go-radec"},
    {"action": "part1-radec-save", "raHours": "21", "raMins": "42", "raSecs": "42",
     "raFract": "80", "decDegrees": "+43", "decMins": "35", "decSecs": "09", "decFract": "86",
     "newObjectName": "SS Cyg"},
    {"action": "main-go-part2"},
    {"action": "part2-save", "submittype": "Save", "newTelescopeSelection": "6"},
    {"action": "main-go-part3"},
    {"action": "part3-save", "submittype": "Save", "newExposureTime": "30000",
     "newDarkFrame": "1", "newFilterSelection": "BVR", "newRequestComments": "by hand"},
    {"action": "main-submit"},
)  # fmt: skip
