"""The benchmarks run, and what they write has its shape. What it says of time is no matter for tests."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from defusedxml.ElementTree import fromstring

from bench import __main__ as bench
from bench import bars, bodies, measure
from ci_callback.callback import Callback
from ci_callback.decode import decode
from ci_callback.delivery import Delivery
from layers import bytecode

if TYPE_CHECKING:
    from pathlib import Path

    from bench.bodies import Format

needs_python310 = pytest.mark.skipif(
    bytecode.find_python310() is None, reason="no Python 3.10, the runtime of SCF, is installed"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a quick run has written."""
    folder = tmp_path_factory.mktemp("results")
    assert bench.main(["--quick", "--results", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def record(written: Path) -> dict[str, Any]:
    """Return what a quick run has written."""
    found: dict[str, Any] = json.loads((written / "bench.json").read_text(encoding="utf-8"))
    return found


@needs_python310
def test_every_question_is_answered(record: dict[str, Any]) -> None:
    """The figures say when and where they were measured, and answer every question."""
    assert record["figures"].keys() == bench.QUESTIONS.keys()
    assert record["python"].startswith("3.10.")
    assert record["machine"]["cores"] > 0
    assert record["quick"] is True


@needs_python310
def test_every_contestant_did_the_work(record: dict[str, Any]) -> None:
    """Each contestant has its times with quartiles, and the ratio to ours where it is not ours."""
    cold = record["figures"]["cold"]
    assert cold["contestants"].keys() == {"ci-callback", "floor", "straightforward", "stdlib-only"}
    assert cold["ratios"].keys() == cold["contestants"].keys() - {"ci-callback"}
    for found in cold["contestants"].values():
        assert 0 < found["cpu_ms"]["low"] <= found["cpu_ms"]["median"] <= found["cpu_ms"]["high"]
        assert found["wall_ms"].keys() == found["cpu_ms"].keys()
        assert found["modules"] > 0
    assert all(found[clock]["median"] > 0 for found in cold["ratios"].values() for clock in ("wall", "cpu"))


@needs_python310
def test_every_bar_is_judged(record: dict[str, Any]) -> None:
    """Each bar stands there with its figure; a quick run leaves out only what takes long."""
    assert [bar["name"] for bar in record["bars"]] == [bar.name for bar in bars.BARS]
    missing = {bar["name"] for bar in record["bars"] if bar["measured"] is None}
    assert missing <= {
        "time of decoding, up to 5 MB",
        "peak memory above 48 MB, up to 5 MB",
        "layer built again: files that differ",
    }


@needs_python310
def test_the_sweep_passes_over_every_job(record: dict[str, Any]) -> None:
    """Settled jobs cost little more than a request each, however many there are."""
    rows = record["figures"]["sweep"]["rows"]
    assert [row["jobs"] for row in rows] == list(measure.QUICK.sweeps)
    assert all(1 <= row["requests_per_job"] <= 1.02 for row in rows)


@needs_python310
def test_the_picture_is_one(written: Path) -> None:
    """The plot is well-formed SVG and names every contestant."""
    picture = fromstring((written / "bench.svg").read_text(encoding="utf-8"))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"ci-callback", "floor", "straightforward", "stdlib-only"} <= {each.text for each in picture.iter()}


def test_the_figures_that_are_kept_are_complete() -> None:
    """What is checked in comes from a whole run and speaks of every bar that there is."""
    kept = json.loads((bench.RESULTS / "bench.json").read_text(encoding="utf-8"))
    assert kept["quick"] is False
    assert kept["figures"].keys() == bench.QUESTIONS.keys()
    assert {bar["name"]: bar["at_most"] for bar in kept["bars"]} == {bar.name: bar.at_most for bar in bars.BARS}
    assert [bar["name"] for bar in kept["bars"] if bar["measured"] is None] == []


@needs_python310
def test_a_missed_bar_fails_a_check_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --check a run ends with 1 when a bar is missed; bars of questions that were not asked do not count."""
    assert bench.main(["--quick", "--check", "layer"]) == 0
    monkeypatch.setattr(bars, "BARS", (bars.Bar("a layer of nothing", 0, "MB", ("layer", "zipped_mb")),))
    assert bench.main(["--quick", "layer"]) == 0
    assert bench.main(["--quick", "--check", "layer"]) == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lunch"], "there is no question lunch: choose from cold, init, warm, "),
        (["--results", __file__], "--results wants a folder"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_measured(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with what there is to choose."""
    with pytest.raises(SystemExit) as ended:
        bench.main(["--quick", *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_without_python310_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ships cannot be measured on another Python; the status is 2, not that of a missed bar."""
    monkeypatch.setattr(bytecode, "find_python310", lambda: None)
    with pytest.raises(SystemExit) as ended:
        bench.main(["--quick", "layer"])
    assert ended.value.code == 2
    assert "install it or set PYTHON310" in capsys.readouterr().err


@needs_python310
def test_json_is_the_record_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json machines read standard output; tables and, on a terminal, the question at work are beside it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert bench.main(["--quick", "--json", "layer"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found.keys() == {"date", "python", "machine", "quick", "figures", "bars"}
    assert found["figures"].keys() == {"layer"}
    assert "Layer: what ships" in captured.err
    assert "unpacking what ships" in captured.err


def test_a_failing_process_is_no_result() -> None:
    """A process that fails ends the run with what it said: it would be the fastest of all."""
    program = measure.Program((sys.executable, "-c", "raise SystemExit('no such thing')"), {})
    with pytest.raises(SystemExit, match="no such thing"):
        program.run()


def test_ratios_are_taken_round_by_round() -> None:
    """A round in which the machine was slow slows both sides, and changes no ratio."""
    assert measure.ratio([10, 20, 90], [5, 10, 45]) == {"median": 2, "low": 2, "high": 2}
    assert measure.spread([4.0]) == {"median": 4, "low": 4, "high": 4}


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_transcript_is_a_callback_of_its_size(form: Format) -> None:
    """The bodies that sizes are measured with are of about that size, and are read as what they are."""
    body = bodies.transcript(100_000, form).encode()
    assert len(body) == pytest.approx(100_000, rel=0.1)
    callback = decode(Delivery(source="function-url", body=body))
    assert isinstance(callback, Callback)
    sentences = callback.jobs[0].element("Operation", "SpeechRecognitionResult")["ResultDetail"]
    assert sum(len(sentence["Words"]) for sentence in sentences) == bodies.words_in(body.decode())
