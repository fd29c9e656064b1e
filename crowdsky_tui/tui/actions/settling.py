"""The user's word on what was handed over and is not listed."""

from crowdsky_tui.tui.desk import Desk

QUESTION = (
    "Look for it among your jobs and stacks on the web site. If it is there and is sent again, the"
    " server has it twice."
)
ANSWERS = ("It is there: go on waiting", "It is not there: send it again")


async def settle(desk: Desk) -> None:
    """Choose what is to be settled, and say what became of it."""
    from crowdsky_tui.night.calls.settle import ListUnsettled, Settle
    from crowdsky_tui.tui.screens.choice import Choice

    lines = await desk.night.do(ListUnsettled())
    if not lines:
        desk.say("Nothing waits for your word: all that was handed over is listed, or looked after")
        return
    names = [f"{line.label}: {line.reason}" for line in lines]
    number = 0
    if len(lines) > 1:
        chosen = await desk.show(Choice("Settle which?", (), names))
        if chosen is None:
            return
        number = chosen
    answer = await desk.show(Choice(f"Settle {lines[number].label}", (QUESTION,), ANSWERS))
    if answer is not None:
        asked = await desk.night.do(Settle((lines[number].stack_id,), resend=answer == 1))
        desk.say(asked.note)
