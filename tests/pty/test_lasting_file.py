"""Writing to a terminal that has gone is no error, so that nobody waits for it."""

import io
import os
import pty

from textual.drivers._writer_thread import WriterThread

from crowdsky_tui.tui.terminal.driver import LastingFile, output_queue


def test_the_writing_thread_outlives_the_terminal() -> None:
    master, slave = pty.openpty()
    os.close(master)
    with os.fdopen(slave, "w", buffering=1) as terminal:
        writer = WriterThread(LastingFile(terminal))  # type: ignore[arg-type]
        writer.start()
        for _ in range(100):  # more than its queue holds
            writer.write("x\n")
        writer.stop()
        assert not writer.is_alive()
        os.dup2(os.open(os.devnull, os.O_WRONLY), terminal.fileno())  # so that it can be closed


def test_it_tells_when_all_that_was_asked_for_is_out_and_only_then() -> None:
    told: list[int] = []
    file = LastingFile(io.StringIO(), lambda: told.append(1))
    file.asked = 2
    file.write("a")
    file.flush()
    assert file.unwritten and not told
    file.write("b")
    assert file.unwritten
    file.flush()
    assert not file.unwritten and told == [1]


def test_a_pseudo_terminal_tells_no_queue_and_a_file_has_none() -> None:
    assert output_queue(io.StringIO()) == 0
