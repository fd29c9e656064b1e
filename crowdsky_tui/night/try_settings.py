"""Trying what the settings say: a telescope, the account, the notices. Each takes its time."""

import asyncio

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import scope_name


async def try_scope(settings: Settings, number: int) -> str:
    """Reach a telescope of the settings, counted from 0, and its folders; returns a plain line.

    It is looked at only. Raises CrowdSkyError saying how far one gets.
    """
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.instruments.seestar.factory import make_service, settled
    from crowdsky_tui.store.store import ScopeState

    scope, science = settings.scopes[number], Science()
    service = make_service(scope, settings, settings.make_clock(), science)
    await service.open()
    try:
        await settled(service)
        name = clean(scope_name(scope))
        if service.state is not ScopeState.READY:
            raise CrowdSkyError(f"{name}: {service.state.value}", service.reason)
        targets = await service.list_targets()
        firmware = service.known.firmware
        return f"{name} is ready: {service.model}, firmware {firmware}, {len(targets)} targets"
    finally:
        await service.close()
        await science.close()


async def try_server(settings: Settings) -> str:
    """Sign in with the account of the settings; returns a plain line.

    Raises AuthRefused without an account or with a wrong one, ServerError if none answers.
    """
    from crowdsky_tui.night.sign_in import make_client

    client = make_client(settings, settings.make_clock())
    try:
        stacks = await client.list_stacks()
    finally:
        await client.close()
    return f"The server takes {clean(settings.server.username)}'s login: {len(stacks)} stacks"


async def try_notice(settings: Settings) -> str:
    """Send a notice now, even in quiet hours; returns a plain line.

    Raises UsageError without an address, NetworkDown if it cannot be sent.
    """
    if not settings.notices.url:
        raise UsageError("no notice was sent", "notices.url is empty", "Set it first")
    from crowdsky_tui.notices.send import PATIENCE_S, Notice, deliver

    try:
        async with asyncio.timeout(PATIENCE_S):
            await deliver(
                settings.notices, Notice("test", "crowdsky-tui: this is a test"), settings.network
            )
    except TimeoutError as error:
        raise CrowdSkyError("the notice was not sent", "no answer", "Check notices.url") from error
    return f"Sent as {settings.notices.style}: look whether it arrives"
