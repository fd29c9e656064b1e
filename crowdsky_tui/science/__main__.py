"""The science child: `python -m crowdsky_tui.science`."""

from crowdsky_tui.science.limits import limit_this_process

limit_this_process()

from crowdsky_tui.science.worker import main  # noqa: E402 - numpy comes with it, after the limits

main()
