"""An app's store as the mirror of an agent's: what moved there, and what to say when it goes."""

import msgspec

from crowdsky_tui.agent.messages import Changed
from crowdsky_tui.store.store import JobState, ScopeState, Store, Topic


def apply(store: Store, change: Changed) -> None:
    """Take over what moved."""
    for scope in change.scopes or ():
        store.set_scope(scope)
    for target in change.targets or ():
        if target.view is None:
            store.drop_target(target.key)
        else:
            store.set_target(target.view, target.blocks)
    if change.jobs is not None:
        for gone in set(store.jobs) - {job.id for job in change.jobs}:
            store.drop_job(gone)
        for job in change.jobs:
            store.set_job(job)
    for line in change.log or ():
        store.add_log(line)
    if change.server is not None:
        store.set_server(change.server)
    if change.automatic is not None:
        store.set_automatic(change.automatic)
    if change.sky is not None:
        store.set_sky(change.sky)
    if change.conditions is not None:
        store.set_conditions(change.conditions)


def begin_anew(store: Store, whole: Changed) -> Changed:
    """Before the first change of another run, which holds all there is: drop what it has not.

    Returns the change without the log lines that are there already.
    """
    for key in set(store.targets) - {target.key for target in whole.targets or ()}:
        store.drop_target(key)
    for name in set(store.scopes) - {scope.name for scope in whole.scopes or ()}:
        del store.scopes[name]
        store.touch(Topic.SCOPES)
    known = set(store.log)
    fresh = tuple(line for line in whole.log or () if line not in known)
    return msgspec.structs.replace(whole, log=fresh)


def claim_nothing(store: Store, reason: str) -> None:
    """Nobody tells any more how the telescopes and the jobs are: `reason` is why."""
    for scope in tuple(store.scopes.values()):
        replaced = msgspec.structs.replace(scope, state=ScopeState.OFF, reason=reason)
        store.set_scope(replaced)
    for job in tuple(store.jobs.values()):
        replaced_job = msgspec.structs.replace(job, state=JobState.WAITING, reason=reason)
        store.set_job(replaced_job)
