"""A book without inner experience gives few examples, and the run says why there are no more."""

from pathlib import Path

from tests.runs import Inscape

STEPS = (
    "Close valve {n} and wait until the gauge reads below two bar before you open the housing.",
    "Remove the four bolts of the cover plate with a ten-millimetre spanner and set them aside.",
    "Check the filter element for dirt; replace it when the pressure drop exceeds {n} kilopascals.",
    "The pump delivers {n} litres a minute at the rated speed, measured at the outlet flange.",
    "Apply grease of grade two to the bearing every {n} hours of operation, or once a month.",
    "If the indicator stays red, disconnect the supply and test the fuse with a continuity meter.",
    "Tighten the coupling to the torque given in table {n}, crosswise, in two passes.",
    "Record the serial number, the hours run and the parts replaced in the maintenance log.",
    "The controller stores up to {n} fault codes, which the service menu lists in order of time.",
    "Do not operate the unit above the temperature stated on its rating plate.",
)


def manual(path: Path) -> Path:
    """Thirty pages' worth, our own, on the upkeep of a pump."""
    parts = []
    for chapter in range(1, 7):
        parts.append(f"Chapter {chapter}")
        for part in range(10):
            lines = [STEPS[(part * 3 + at) % len(STEPS)].format(n=part + at + 2) for at in range(8)]
            parts.append(" ".join(lines))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def test_a_manual_yields_little_and_the_run_says_so(tmp_path: Path) -> None:
    inscape = Inscape(tmp_path / "project")
    book = manual(tmp_path / "pump.txt")
    done = inscape("run", book, "--target", 20, "--teacher", "rehearsal", "--json")
    assert done.code == 11
    told = done.json
    assert told["stop"] == "corpus" and told["accepted"] <= 3
    assert "passages show enough inner experience" in told["reason"]
