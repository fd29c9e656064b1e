"""The review holds for commands too: what waits for a person is not sent, nor called sent."""

from pathlib import Path

from commands_kit import simulation


def test_what_waits_for_a_person_is_fetched_held_and_said_so(tmp_path: Path) -> None:
    with simulation(tmp_path) as sim:
        sim.run("config", "set", "review.mode", "all")
        synced = sim.json("sync", "AM Leo", code=3)
        held = [one["stack"] for one in synced["held"]]
        assert held and synced["confirmed_now"] == []
        assert len(list(sim.downloads.rglob("*.fit"))) == len(held)

        uploaded = sim.run("upload", "AM Leo")
        assert uploaded.returncode == 3
        assert f"0 sent and confirmed, 0 skipped, 0 not confirmed, {len(held)} not sent" in (
            uploaded.stdout
        )
        assert sim.rows() == []

        sim.run("config", "set", "review.mode", "off")
        sent = sim.json("upload", "AM Leo")
        assert (sent["held"], sorted(sent["uploaded"])) == ([], sorted(held))
        assert len(sim.rows()) == len(held)
