"""What to observe: the list of targets, how lists come in and go out, the plan of a night and why.

`planning` asks the schedule of `scheduling/`; `decisions` are the user's pins and skips, `visits`
what was observed, `due` what is owed.
"""
