"""Sending what must not be sent twice: every end is either certain or an `UploadInDoubt`."""

import contextlib

import httpx

from crowdsky_tui.base.errors import ServerError, UploadInDoubt
from crowdsky_tui.services.crowdsky.upload import BeforeLastByte, Progress, UploadForm
from crowdsky_tui.services.http.connection import Connection, network_error
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.rate import Pace
from crowdsky_tui.services.http.replies import error_in, surely_refused
from crowdsky_tui.services.http.reply import Reply


class Sender:
    """Posts forms over one connection, all together no faster than `pace` allows."""

    def __init__(self, connection: Connection, pace: Pace) -> None:
        self._connection = connection
        self._pace = pace

    async def send_form(
        self,
        what: str,
        endpoint: str,
        form: UploadForm,
        patience: Patience,
        *,
        action: str | None = None,
        progress: Progress | None = None,
        before_last_byte: BeforeLastByte | None = None,
    ) -> bytes:
        """Post a form once and return the beginning of the successful answer's body.

        Before the form's last piece is handed over, every error is certain: nothing was accepted.
        After it a typed refusal is certain, and anything else raises UploadInDoubt.
        """
        body = form.body(self._pace, progress, before_last_byte)
        params = {"action": action} if action else None
        try:
            async with (
                contextlib.aclosing(body),
                self._connection.answer(
                    "POST", endpoint, patience, params=params, headers=form.headers, content=body
                ) as reply,
            ):
                said = await reply.beginning()
        except httpx.HTTPError as error:
            if form.handed_over:
                raise in_doubt(what, str(error) or type(error).__name__) from error
            raise network_error(what, error) from error
        return self._judged(what, endpoint, reply, said, certain=not form.handed_over)

    async def send_fields(
        self, what: str, endpoint: str, action: str, fields: dict[str, str], patience: Patience
    ) -> bytes:
        """Post a short urlencoded form once; the errors are those of `send_form`.

        Only a connection that was never made is certain not to have carried it. A 404 counts as the
        server's word only if it gives its reason: a page in its place tells of no session.
        """
        content = str(httpx.QueryParams(fields)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            async with self._connection.answer(
                "POST",
                endpoint,
                patience,
                params={"action": action},
                headers=headers,
                content=content,
            ) as reply:
                said = await reply.beginning()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise network_error(what, error) from error
        except httpx.HTTPError as error:
            raise in_doubt(what, str(error) or type(error).__name__) from error
        if reply.status_code == 404 and not error_in(said):
            raise in_doubt(what, "a page that is not the server's answered 404", 404)
        return self._judged(what, endpoint, reply, said, certain=False)

    def _judged(
        self, what: str, endpoint: str, reply: Reply, said: bytes, *, certain: bool
    ) -> bytes:
        """What a success said; raises what any other answer means."""
        refusal = self._connection.refusal(what, endpoint, reply, said)
        status = reply.status_code
        if certain:
            raise refusal
        if 200 <= status < 300:
            return said
        if surely_refused(status, reply.headers, said):
            raise refusal
        raise in_doubt(what, refusal.why, status)


def in_doubt(what: str, why: str, status: int | None = None) -> ServerError:
    """The error for a deed of which nobody knows whether it was done."""
    doubt = UploadInDoubt(
        f"{what.partition(' was not ')[0]} may or may not have arrived",
        why,
        "It is not sent again before the server's list of stacks has told.",
    )
    doubt.status = status
    return doubt
