"""The method table of TCP 4700. A method that is not here is answered with 103."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from crowdsky_tui.simulator.seestar.login import new_challenge, signature_is_valid
from crowdsky_tui.simulator.seestar.scope import Client, Scope
from crowdsky_tui.simulator.seestar.wire import (
    BAD_VALUE,
    EXPECTED_OBJECT,
    METHOD_NOT_FOUND,
    Fault,
)

Handler = Callable[["Scope", "Client", Any], object]

BEFORE_LOGIN = frozenset({"get_verify_str", "verify_client"})
OK = 0


class Method(msgspec.Struct, frozen=True):
    """A handler; `reads_disk` ones run in a thread."""

    handler: Handler
    reads_disk: bool = False


METHODS: dict[str, Method] = {}


def method(name: str, *, reads_disk: bool = False) -> Callable[[Handler], Handler]:
    """Register the function below as the method `name`."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, reads_disk)
        return handler

    return register


def _object(params: Any) -> dict[str, Any]:
    if not isinstance(params, dict):
        raise Fault(EXPECTED_OBJECT)
    return params


@method("test_connection")
def _test_connection(scope: Scope, client: Client, params: Any) -> str:
    return "server connected!"


@method("get_device_state")
def _device_state(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    sections = scope.state.sections(scope.host, observing=scope.view.working)
    moving = {"mount": scope.session.mount.report(), "focuser": scope.session.focuser.report()}
    sections.update(moving)
    wanted = params.get("keys") if isinstance(params, dict) else None
    if not wanted:
        return sections
    return {key: value for key, value in sections.items() if key in wanted}


@method("get_setting")
def _get_setting(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return scope.state.settings


@method("set_setting")
def _set_setting(scope: Scope, client: Client, params: Any) -> int:
    before = scope.session.wheel.for_light
    try:
        scope.broadcast("Setting", scope.state.change_settings(params))
    finally:  # what is known is applied even where the rest is refused
        if scope.session.wheel.for_light != before:
            scope.session.wheel.turn_soon(scope.session.wheel.for_light)
    return OK


@method("pi_get_info")
def _info(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return scope.state.pi_status()


@method("get_disk_volume")
def _disk_volume(scope: Scope, client: Client, params: Any) -> dict[str, int]:
    return scope.state.volume()


@method("get_camera_info")
def _camera_info(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return scope.profile.make.tele.info()


@method("get_stack_info")
def _stack_info(scope: Scope, client: Client, params: Any) -> dict[str, int]:
    width, height = scope.profile.make.tele.chip if scope.view.stacked else (0, 0)
    return {"width": width, "height": height}


@method("get_view_state")
def _view_state(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    report = scope.view.report(scope.time.clock.now())
    return {"View": report} if report else {}


@method("iscope_get_app_state")
def _app_state(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    state: dict[str, Any] = {"View": scope.view.report(scope.time.clock.now())}
    if scope.batch.report is not None:
        state["BatchStack"] = scope.batch.report
    if scope.session.plan.report is not None:
        state["ViewPlan"] = scope.session.plan.report
    return state


@method("clear_app_state")
async def _clear_app_state(scope: Scope, client: Client, params: Any) -> int:
    if _object(params).get("name") == "BatchStack":
        await scope.batch.clear()
    return OK


@method("pi_get_time")
def _get_time(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return scope.time.read()


@method("pi_set_time")
def _set_time(scope: Scope, client: Client, params: Any) -> int:
    first = params[0] if isinstance(params, list) and params else params
    try:
        scope.time.set(_object(first))
    except (KeyError, TypeError, ValueError) as error:
        raise Fault(BAD_VALUE) from error
    return OK


@method("get_user_location")
def _get_location(scope: Scope, client: Client, params: Any) -> list[float]:
    return [scope.profile.longitude, scope.profile.latitude]


@method("get_albums", reads_disk=True)
def _get_albums(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return scope.albums.albums()


@method("get_img_file_page_number", reads_disk=True)
def _page_number(scope: Scope, client: Client, params: Any) -> int:
    return scope.albums.open(str(_object(params).get("dir", "")))


@method("get_img_file_page_name", reads_disk=True)
def _page_name(scope: Scope, client: Client, params: Any) -> list[dict[str, Any]]:
    page = _object(params).get("page")
    if not isinstance(page, int):
        raise Fault(BAD_VALUE)
    return scope.albums.page(page)


@method("get_batch_stack_setting")
def _get_batch(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return {"path": scope.batch.path, "files": [{"name": name} for name in scope.batch.files]}


@method("set_batch_stack_setting")
def _set_batch(scope: Scope, client: Client, params: Any) -> int:
    fields = _object(params)
    try:
        scope.batch.configure(str(fields["path"]), [str(row["name"]) for row in fields["files"]])
    except (KeyError, TypeError) as error:
        raise Fault(BAD_VALUE) from error
    return OK


@method("start_batch_stack")
def _start_batch(scope: Scope, client: Client, params: Any) -> int:
    scope.batch.start()
    return OK


@method("stop_batch_stack")
async def _stop_batch(scope: Scope, client: Client, params: Any) -> int:
    await scope.batch.stop()
    return OK


@method("clear_batch_stack")
async def _clear_batch(scope: Scope, client: Client, params: Any) -> int:
    if not scope.profile.has_clear_batch_stack:
        raise Fault(METHOD_NOT_FOUND)
    await scope.batch.clear()
    return OK


@method("get_verify_str")
def _verify_str(scope: Scope, client: Client, params: Any) -> dict[str, str]:
    if not scope.profile.has_login:
        raise Fault(METHOD_NOT_FOUND)
    client.challenge = new_challenge()
    return {"str": client.challenge}


@method("verify_client")
def _verify_client(scope: Scope, client: Client, params: Any) -> int:
    if not scope.profile.has_login:
        raise Fault(METHOD_NOT_FOUND)
    fields = _object(params)
    if scope.profile.login == "required":
        known = client.challenge is not None and fields.get("data") == client.challenge
        signature = str(fields.get("sign", ""))
        key = scope.public_key
        if not known or key is None or not signature_is_valid(key, fields["data"], signature):
            raise Fault(-1)
    client.verified = True
    return OK


@method("pi_is_verified")
def _is_verified(scope: Scope, client: Client, params: Any) -> bool:
    if not scope.profile.has_login:
        raise Fault(METHOD_NOT_FOUND)
    return client.verified or scope.profile.login == "none"
