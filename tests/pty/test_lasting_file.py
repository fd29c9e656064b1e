"""Writing to a terminal that has gone is no error, so that nobody waits for it."""

import os
import pty

from textual.drivers._writer_thread import WriterThread

from crowdsky_tui.tui.terminal.driver import LastingFile


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
