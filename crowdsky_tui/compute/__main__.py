"""The science child: `python -m crowdsky_tui.compute`."""

from crowdsky_tui.compute.limits import limit_this_process

limit_this_process()

from crowdsky_tui.compute.worker import main  # noqa: E402 - numpy comes with it, after the limits

main()
