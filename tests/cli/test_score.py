"""``semeia score``: the table, the JSON, and one clear line for what cannot be scored."""

from __future__ import annotations

import json
from pathlib import Path

from semeia.events import Event, Events, write_tsv


def write(path: Path, seizures: list[tuple[float, float]], duration: float | None = 3600) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tsv(Events([Event(onset, length) for onset, length in seizures], duration=duration), path)
    return str(path)


def test_table_has_every_figure_and_names_the_scorer(run, tmp_path):
    reference = write(tmp_path / "ref.tsv", [(100, 50), (2000, 50)])
    hypothesis = write(tmp_path / "hyp.tsv", [(100, 50), (3000, 50)])
    code, out, _ = run("score", reference, hypothesis)
    assert code == 0
    assert "SzCORE (timescoring" in out
    (events,) = (line.split() for line in out.splitlines() if "events" in line)
    assert events[-6:] == ["2", "1", "0.500", "0.500", "0.500", "24.0"]


def test_undefined_ratios_are_not_available(run, tmp_path):
    nothing = write(tmp_path / "ref.tsv", [])
    code, out, _ = run("score", nothing, nothing)
    assert code == 0
    assert "n/a" in out and "nan" not in out


def test_json_of_two_folders_has_the_sum_and_each_recording(run, tmp_path):
    for name, found in (("p1/a", [(100.0, 50.0)]), ("p2/b", [])):
        write(tmp_path / "ref" / f"{name}.tsv", [(100, 50)])
        write(tmp_path / "hyp" / f"{name}.tsv", found)
    code, out, _ = run("score", str(tmp_path / "ref"), str(tmp_path / "hyp"), "--json")
    table = json.loads(out)
    assert code == 0
    assert (table["recordings"], table["hours"], table["events"]["sensitivity"]) == (2, 2, 0.5)
    assert [(one["name"], one["events"]["sensitivity"]) for one in table["each"]] == [
        ("p1/a", 1.0),
        ("p2/b", 0.0),
    ]
    assert table["each"][1]["samples"]["precision"] is None
    assert table["scorer"]["name"] == "SzCORE"


def test_table_of_folders_has_a_line_for_each_and_for_all(run, tmp_path):
    for side in ("ref", "hyp"):
        for name in "ab":
            write(tmp_path / side / f"{name}.tsv", [(100, 50)])
    code, out, _ = run("score", str(tmp_path / "ref"), str(tmp_path / "hyp"))
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if "events" in line][:2] == ["a", "b"]
    assert "all 2" in out and "2 recordings, 2.00 h" in out


def test_length_can_be_said(run, tmp_path):
    unknown = write(tmp_path / "ref.tsv", [(100, 50)], duration=None)
    code, out, _ = run("score", unknown, unknown, "--duration", "7200", "--json")
    assert (code, json.loads(out)["hours"]) == (0, 2)


def test_what_cannot_be_scored_is_one_line_and_exit_code_1(run, tmp_path):
    reference = write(tmp_path / "ref.tsv", [(100, 50)])
    write(tmp_path / "hyp" / "b.tsv", [])
    (tmp_path / "bad.tsv").write_text("onset\tduration\teventType\nx\t1\tsz\n")
    for arguments, words in (
        (["absent.tsv", reference], "absent.tsv: no such file"),
        ([reference, str(tmp_path / "bad.tsv")], "bad.tsv: line 2, column onset: 'x'"),
        (
            [write(tmp_path / "one" / "a.tsv", []), write(tmp_path / "two" / "a.tsv", [], 60)],
            "same recording?",
        ),
        ([str(tmp_path / "one"), str(tmp_path / "hyp")], "a.tsv: has no partner"),
        ([write(tmp_path / "c.tsv", [], None)] * 2, "--duration"),
    ):
        code, out, err = run("score", *arguments)
        assert (code, out) == (1, "")
        assert err.startswith("semeia: ") and words in err and err.count("\n") == 1


def test_wrong_usage_is_exit_code_2(run, tmp_path):
    reference = write(tmp_path / "ref.tsv", [])
    assert run("score", reference)[0] == 2
    assert run("score", reference, str(tmp_path))[0] == 2
    assert run("score", reference, reference, "--duration", "0")[0] == 2
