"""The verbs for raw sub-frames and for the archive, against a whole simulated night."""

from pathlib import Path

from commands_kit import simulation


def test_sub_frames_to_frames_and_coverage(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1", "--fault", "raw_file:lost_reply:3") as sim:
        target = sim.json("targets")[0]["target"]
        plan = sim.json("raw-upload", target, "--dry-run")
        wanted = [block for block in plan["blocks"] if block["status"] == "dry_run"]
        assert wanted
        assert sim.rows() == []

        first = sim.json("raw-upload", target)
        assert first["blocks_confirmed"] == len(wanted)
        rows = sim.rows()
        assert sorted(row["n_frames_input"] for row in rows) == sorted(
            block["frame_count"] for block in wanted
        )
        assert list(sim.downloads.rglob("Light_*")) == []

        again = sim.json("raw-upload", target)
        assert {block["status"] for block in again["blocks"]} == {"left"}
        assert len(sim.rows()) == len(rows)

        refused = sim.run("raw-upload", target, "--overwrite")
        assert refused.returncode == 2
        assert "would be deleted on the server" in refused.stderr
        assert [row["id"] for row in sim.rows()] == [row["id"] for row in rows]

        block = f"{wanted[0]['block_start'][11:16]}"
        sim.json("raw-upload", target, "--block", block, "--overwrite", "--yes")
        assert len(sim.rows()) == len(rows)
        assert {row["id"] for row in sim.rows()} != {row["id"] for row in rows}

        frames = sim.json("frames", "--target", target)
        assert {frame["id"] for frame in frames} == {row["id"] for row in sim.rows()}
        (tile,) = sim.json("coverage", target)["targets"]
        assert tile["n_stacks"] >= 1
        assert "day" in tile["coverage"]
        got = sim.json("fetch-frame", str(frames[0]["id"]), "--dest", str(tmp_path / "got"))
        assert Path(got["downloaded"][0]).read_bytes().startswith(b"SIMPLE  =")

        without = sim.run("frames", "--healpix", "1", CROWDSKY_API_KEY="csk_wrong")
        assert without.returncode == 5
        assert "account.php" in without.stderr
        assert sim.run("frames").returncode == 2
        assert sim.run("fetch-frame", "4711", "--dest", str(tmp_path)).returncode == 3
