"""`python -m crowdsky_tui`: the app and its verbs."""

from crowdsky_tui.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
