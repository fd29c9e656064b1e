"""One registry of everything a key can do.

Bindings, footer, help page, command palette and the table of docs/keys.md all come from `ACTIONS`,
so they cannot disagree. Users remap by `id` (see `tui/keymap.py`). Importing this imports no
Textual.
"""

from crowdsky_tui.tui.actions import (
    archive_room,
    curves,
    finding,
    instruments,
    lists,
    overview,
    plan,
    review,
    scope,
    server,
    settings,
    settling,
    undo,
    work,
)
from crowdsky_tui.tui.actions.action import Action, Group
from crowdsky_tui.tui.desk import Move, Pane

_LISTS = (Pane.TARGETS, Pane.BLOCKS)
_ALL = tuple(Pane)

_WORK = (
    Action(
        "stack", ("s",), "stack", "Stack the ready blocks of the target, or of the marked ones",
        Group.WORK, work.stack, work.stack_reason, _LISTS,
        {Pane.BLOCKS: "Stack the selected block, or the marked ones"}, shows_nothing=True,
    ),
    Action(
        "stack-all", ("S",), "stack all", "Stack every block that is ready, on every scope",
        Group.WORK, work.stack_all, work.stack_all_reason,
        (Pane.TARGETS, Pane.JOBS), shows_nothing=True,
    ),
    Action(
        "insist", ("exclamation_mark",), "stack now",
        "Stack a block while its scope observes, or again if it has grown (asks first)",
        Group.WORK, scope.insist, scope.insist_reason,
    ),
    Action(
        "upload", ("u",), "upload", "Fetch and upload the stacks of the target (or of the marked)",
        Group.WORK, work.upload, work.upload_reason, _LISTS,
    ),
    Action(
        "upload-all", ("U",), "upload all", "Fetch and upload every stack not yet on the server",
        Group.WORK, work.upload_all, work.account_reason, (Pane.JOBS, Pane.SERVER),
    ),
    Action(
        "review", ("v",), "review", "Look at the stacks that wait: keep, hold or reject each",
        Group.WORK, review.review, review.blocks_reason, _LISTS,
        {Pane.BLOCKS: "Look at the stack of the selected block: keep, hold or reject it"},
    ),
    Action(
        "dry-run", ("d",), "dry run", "Show what stack and upload would do (to the marked, too)",
        Group.WORK, work.dry_run, work.target_reason, _LISTS,
    ),
    Action(
        "dry-run-all", ("D",), "dry run all", "Show what stack all and upload all would do",
        Group.WORK, work.dry_run_all,
    ),
    Action(
        "cancel", ("x",), "cancel", "Cancel the selected job, or the marked ones (asks first)",
        Group.WORK, work.cancel, work.cancel_reason, (Pane.JOBS,),
    ),
    Action(
        "download", ("f",), "download", "Download the selected stack, or the marked ones",
        Group.WORK, server.download, server.stack_row_reason, (Pane.SERVER,),
    ),
    Action(
        "raw-upload", ("R",), "raw upload", "Send sub-frames of the selected target instead",
        Group.WORK, server.raw_upload, server.raw_reason,
    ),
    Action(
        "sign-in", ("i",), "sign in", "Sign in to the CrowdSky server, and keep the login",
        Group.WORK, server.sign_in,
    ),
    Action(
        "automatic", ("a",), "automatic", "Switch the automatic night off, or on (asks first)",
        Group.WORK, overview.automatic,
    ),
    Action(
        "refresh", ("r",), "refresh", "Read the scopes and the server's list again",
        Group.WORK, work.refresh, hint=(Pane.SERVER,), shows_nothing=True,
    ),
)  # fmt: skip

_MARK = (
    Action("mark", ("space",), "mark", "Mark the row: actions are then for all marked ones",
           Group.LOOK, lambda desk: desk.lists.toggle_mark()),
    Action("mark-down", ("J", "shift+down"), "mark down", "Mark a range: this row and the next",
           Group.LOOK, lists.draw_down),
    Action("mark-up", ("K", "shift+up"), "mark up", "Mark a range: this row and the one before",
           Group.LOOK, lists.draw_up),
    Action("mark-all", ("asterisk",), "mark all", "Mark all rows that are shown, or unmark them",
           Group.LOOK, lambda desk: desk.lists.toggle_all_marks()),
    Action("copy", ("y",), "copy", "Copy the name of the row: target, chunk key, line of the log",
           Group.LOOK, lists.copy, lists.copy_reason, shows_nothing=True),
    Action("undo", ("z",), "undo", "Take back the last thing, as far as the world allows it",
           Group.WORK, undo.undo, undo.undo_reason, shows_nothing=True),
)  # fmt: skip

_LOOK = (
    Action(
        "open", ("enter",), "open", "Go to the blocks of the target; elsewhere show the details",
        Group.LOOK, server.open_selected, hint=_ALL,
        about={Pane.TARGETS: "Go to the blocks of the selected target",
               Pane.BLOCKS: "Show all there is to know about the selected block",
               Pane.JOBS: "Show the selected job or line in full",
               Pane.SERVER: "Show the selected stack in full, with its thumbnail"},
    ),
    Action(
        "why-not", ("w",), "why not?", "Tell all there is to know of this block, and what helps",
        Group.LOOK, review.why_not, review.why_reason, (Pane.BLOCKS,),
    ),
    Action(
        "dashboard", ("n",), "dashboard",
        "The night on one screen: sky, plan, scopes, proofs, alerts, safety",
        Group.LOOK, overview.dashboard,
    ),
    Action(
        "report", ("m",), "report", "The morning report, as it stands now",
        Group.LOOK, overview.report,
    ),
    Action(
        "doctor", ("c",), "doctor", "Check machine, telescopes and server; say what to mend",
        Group.LOOK, overview.doctor,
    ),
    Action(
        "ribbon", ("b",), "ribbon", "The whole night at a glance: every block of every target",
        Group.LOOK, review.ribbon, review.blocks_reason,
    ),
    Action(
        "gallery", ("p",), "pictures", "Small pictures of all stacks of the selected target",
        Group.LOOK, review.gallery, work.target_reason, hint=_LISTS,
    ),
    Action(
        "horizon", ("H",), "horizon", "The horizon, with the target's way tonight; draw trees",
        Group.LOOK, overview.horizon,
    ),
    Action(
        "scope", ("0", "o"), "scope", "A scope's telemetry, and the session: go to, start, park …",
        Group.LOOK, scope.show_scope, scope.scope_reason, (Pane.TARGETS,),
    ),
    Action(
        "plan", ("5",), "plan",
        "The night's plan: the list's altitudes, who has which block and why; pin, skip, pause",
        Group.LOOK, plan.plan,
    ),
    Action(
        "frames", ("6",), "frames",
        "The archive: every frame and where it is; fetch, open, delete copies; remote requests",
        Group.LOOK, archive_room.archive_room,
    ),
    Action(
        "ask-remotely", ("at",), "ask remotely",
        "Ask telescope.org's telescopes for pictures of the target, such as B, V and R",
        Group.WORK, archive_room.ask_remotely,
    ),
    Action(
        "curves", ("7",), "curves",
        "Curves of the projects' stars: what varied, fold, reject, a point's frame, export",
        Group.LOOK, curves.curves,
    ),
    Action(
        "instruments", ("8",), "instruments",
        "Telescopes and sensors of the site: how each is, whether it is safe, the night's plots",
        Group.LOOK, instruments.instruments,
    ),
    Action(
        "find-scopes", ("N",), "find scopes", "Search the network for telescopes and keep them",
        Group.APP, finding.find_scopes,
    ),
    Action(
        "filter", ("slash",), "filter", "Show only the rows that hold a text (!text: that don't)",
        Group.LOOK, lambda desk: desk.lists.start_filter(), hint=_ALL,
    ),
    Action(
        "clear-filter", ("escape",), "clear", "Unmark all rows; then show all rows again",
        Group.LOOK, lists.clear, lists.clear_reason, shows_nothing=True,
    ),
    Action(
        "sort", ("comma",), "sort", "Sort this list by the next thing",
        Group.LOOK, lists.sort, hint=(Pane.SERVER,),
    ),
    Action(
        "jump", ("semicolon",), "jump", "Letters over panes and rows: press one to go there",
        Group.MOVE, lambda desk: desk.show_jumps(),
    ),
    Action(
        "archive", ("A",), "archive", "Search everybody's frames around the selected target",
        Group.LOOK, server.archive, server.archive_reason,
    ),
    Action("pane-targets", ("1",), "targets", "Go to the targets", Group.LOOK,
           work.go(Pane.TARGETS)),
    Action("pane-blocks", ("2",), "blocks", "Go to the block schedule of the selected target",
           Group.LOOK, work.go(Pane.BLOCKS)),
    Action("pane-jobs", ("3",), "jobs", "Go to the job log", Group.LOOK, work.go(Pane.JOBS)),
    Action("pane-server", ("4",), "server", "Go to the stacks on the server", Group.LOOK,
           work.go(Pane.SERVER)),
)  # fmt: skip

_MOVE = (
    Action("pane-next", ("tab",), "next pane", "Go to the next pane", Group.MOVE,
           work.turn(1)),
    Action("pane-previous", ("shift+tab",), "previous pane", "Go to the previous pane",
           Group.MOVE, work.turn(-1)),
    Action("pane-left", ("left", "h"), "left pane", "Go to the pane on the left", Group.MOVE,
           work.go_left),
    Action("pane-right", ("right", "l"), "right pane", "Go to the pane on the right", Group.MOVE,
           work.go_right),
    Action("cursor-down", ("down", "j"), "down", "One row down", Group.MOVE,
           work.move(Move.DOWN)),
    Action("cursor-up", ("up", "k"), "up", "One row up", Group.MOVE, work.move(Move.UP)),
    Action("page-down", ("pagedown", "ctrl+d"), "page down", "One page down", Group.MOVE,
           work.move(Move.PAGE_DOWN)),
    Action("page-up", ("pageup", "ctrl+u"), "page up", "One page up", Group.MOVE,
           work.move(Move.PAGE_UP)),
    Action("cursor-top", ("g", "home"), "top", "To the first row", Group.MOVE,
           work.move(Move.TOP)),
    Action("cursor-bottom", ("G", "end"), "bottom", "To the last row", Group.MOVE,
           work.move(Move.BOTTOM)),
)  # fmt: skip

_APP = (
    Action("help", ("question_mark", "f1"), "help", "All keys, those of this pane first",
           Group.APP, lambda desk: desk.show_help(), hint=_ALL),
    Action("palette", ("colon", "ctrl+p"), "commands", "Find any of these by name", Group.APP,
           lambda desk: desk.show_palette()),
    Action("settings", ("E",), "settings", "Every setting: what it means, change it, try it",
           Group.APP, settings.settings),
    Action("theme", ("T",), "theme", "Other colours: dark, light, red for the night, terminal's",
           Group.APP, lambda desk: desk.next_theme()),
    Action("speak", ("V",), "speak", "Show every change as one plain line, for screen readers",
           Group.APP, review.speak),
    Action("redraw", ("ctrl+l",), "redraw", "Paint the whole screen anew, whatever is there",
           Group.APP, lambda desk: desk.redraw()),
    Action("suspend", ("ctrl+z",), "suspend", "Back to the shell for a while (fg returns)",
           Group.APP, lambda desk: desk.suspend()),
    Action("quit", ("q", "ctrl+c"), "quit", "Quit (asks while work is not finished)",
           Group.APP, work.leave, hint=_ALL),
    Action("settle", ("t",), "settle", "Say what became of what was sent and is not listed",
           Group.WORK, settling.settle, work.account_reason),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (*_WORK, *_LOOK, *_MARK, *_MOVE, *_APP)
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
