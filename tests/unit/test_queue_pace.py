"""How long the queue will take."""

from datetime import UTC, datetime

from crowdsky_tui.progress.queue_pace import QueueLeft, QueuePace
from crowdsky_tui.store.store import JobState, JobView
from crowdsky_tui.tui.format.target_look import queue_words
from crowdsky_tui.tui.format.values import about

ASKED = datetime(2026, 11, 20, 21, tzinfo=UTC)
QUEUED, RUNNING, WAITING = JobState.QUEUED, JobState.RUNNING, JobState.WAITING


def job(
    number: int,
    state: JobState,
    kind: str = "stack",
    scope: str = "S50",
    progress: float | None = None,
) -> JobView:
    return JobView(number, kind, scope, "M 81", "M 81 22:15", state, ASKED, progress)


def test_nothing_is_told_before_one_was_seen_to_its_end() -> None:
    pace = QueuePace()
    jobs = [job(1, QUEUED), job(2, QUEUED)]
    pace.note(jobs, 0.0)
    assert pace.left(jobs, 0.0) == QueueLeft(2, 0, None)


def test_what_one_took_is_taken_for_the_next_of_its_kind() -> None:
    pace = QueuePace()
    pace.note([job(1, QUEUED), job(2, QUEUED), job(3, QUEUED)], 0.0)
    pace.note([job(1, RUNNING), job(2, QUEUED), job(3, QUEUED)], 10.0)
    rest = [job(2, QUEUED), job(3, QUEUED)]
    pace.note(rest, 40.0)
    assert pace.left(rest, 40.0) == QueueLeft(2, 0, 60.0)


def test_a_job_that_ran_already_tells_no_whole_time() -> None:
    pace = QueuePace()
    for moment in (0.0, 1.0):
        pace.note([job(1, RUNNING, progress=0.5)], moment)
        assert pace.left([job(1, RUNNING, progress=0.5)], moment).left_s is None
    pace.note([job(2, QUEUED)], 2.0)
    assert pace.left([job(2, QUEUED)], 2.0).left_s is None


def test_a_job_that_only_waits_again_was_not_done() -> None:
    pace = QueuePace()
    pace.note([job(1, QUEUED)], 0.0)
    pace.note([job(1, RUNNING)], 1.0)
    pace.note([job(1, WAITING), job(2, QUEUED)], 2.0)
    assert pace.left([job(1, WAITING), job(2, QUEUED)], 2.0) == QueueLeft(1, 1, None)


def test_the_running_jobs_own_pace_counts() -> None:
    pace = QueuePace()
    pace.note([job(1, QUEUED)], 0.0)
    pace.note([job(1, RUNNING, progress=0.0)], 0.0)
    jobs = [job(1, RUNNING, progress=0.25), job(2, QUEUED)]
    assert pace.left(jobs, 10.0) == QueueLeft(2, 0, 30.0 + 40.0)


def test_scopes_work_side_by_side() -> None:
    pace = QueuePace()
    pace.note([job(1, QUEUED)], 0.0)
    pace.note([job(1, RUNNING)], 0.0)
    pace.note([], 20.0)
    two = [job(2, QUEUED), job(3, QUEUED, scope="S30"), job(4, QUEUED, scope="S30")]
    assert pace.left(two, 20.0).left_s == 40.0


def test_one_kind_that_is_not_known_leaves_the_whole_unknown() -> None:
    pace = QueuePace()
    pace.note([job(1, QUEUED)], 0.0)
    pace.note([job(1, RUNNING)], 0.0)
    pace.note([], 20.0)
    assert pace.left([job(2, QUEUED), job(3, QUEUED, "upload")], 20.0).left_s is None


def test_one_that_takes_longer_than_usual_is_never_negative() -> None:
    pace = QueuePace()
    pace.note([job(1, QUEUED), job(2, QUEUED)], 0.0)
    pace.note([job(1, RUNNING), job(2, QUEUED)], 0.0)
    pace.note([job(2, RUNNING)], 20.0)
    assert pace.left([job(2, RUNNING)], 100.0).left_s == 0.0


def test_words() -> None:
    assert queue_words(QueueLeft()) == "nothing is to do"
    assert queue_words(QueueLeft(0, 2)) == "2 waiting"
    assert queue_words(QueueLeft(1)) == "1 job"
    assert queue_words(QueueLeft(7, 1, 725.0)) == "7 jobs, about 12 min left, 1 waiting"
    assert [about(each) for each in (0, 59.9, 60, 7000, 7200)] == [
        "under a minute",
        "under a minute",
        "about 1 min",
        "about 117 min",
        "about 2 h",
    ]
