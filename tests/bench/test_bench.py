"""The benchmarks run and write complete figures. Tests judge no times."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bench import __main__ as bench
from bench import bodies, constructs, deployed, measure, thresholds
from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
from ci_callback.delivery import Delivery
from layers import runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.bodies import Format

needs_scf_python = pytest.mark.skipif(runtime.find_python() is None, reason="SCF's Python is not installed")


@pytest.fixture(scope="module")
def one_site() -> Iterator[None]:
    """Unpack what ships and start its COS once for all runs, which takes longer than a quick run of most questions."""
    with deployed.open_site() as site, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "open_site", lambda: contextlib.nullcontext(site))
        yield


@pytest.fixture(scope="module")
def record(one_site: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # noqa: ARG001 - is to be first
    """Return the figures of a quick run."""
    path = tmp_path_factory.mktemp("results") / "bench.json"
    assert bench.main(["--quick", "--results", str(path)]) == 0
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.long
@needs_scf_python
def test_quick_run_answers_every_question(record: dict[str, Any]) -> None:
    """The figures name the machine and the Python that was measured."""
    assert record["figures"].keys() == bench.QUESTIONS.keys()
    assert record["python"].startswith(f"{runtime.version()}.")
    assert record["machine"]["cores"] > 0
    assert record["quick"] is True


@pytest.mark.long
@needs_scf_python
def test_every_contestant_has_its_figures(record: dict[str, Any]) -> None:
    """Each has times with quartiles, and all but the function a ratio to it."""
    cold = record["figures"]["cold"]
    assert cold["contestants"].keys() == {"ci-callback", "floor", "straightforward", "stdlib-only"}
    assert cold["ratios"].keys() == cold["contestants"].keys() - {"ci-callback"}
    for found in cold["contestants"].values():
        assert 0 < found["cpu_ms"]["low"] <= found["cpu_ms"]["median"] <= found["cpu_ms"]["high"]
        assert found["wall_ms"].keys() == found["cpu_ms"].keys()
        assert found["modules"] > 0
    assert all(found[clock]["median"] > 0 for found in cold["ratios"].values() for clock in ("wall", "cpu"))


@pytest.mark.long
@needs_scf_python
def test_event_is_measured_beside_its_put(record: dict[str, Any]) -> None:
    """On a store that costs nothing, and with one request for each."""
    warm = record["figures"]["warm"]
    found = warm["stores"]["fast"]["ci-callback"]
    assert min(found[name]["median"] for name in ("event_ms", "put_ms", "times_put")) > 0
    assert warm["requests_per_event"] == 1


@pytest.mark.long
@needs_scf_python
def test_every_construct_is_answered(record: dict[str, Any]) -> None:
    """With a status of its own, never a server error."""
    found = record["figures"]["constructs"]
    rows = [*found["fastest_growing"], *found["slowest"], *found["largest"]]
    assert rows
    assert {row["outcome"][:3] for row in rows} <= {"200", "400", "413"}


def test_constructs_cover_every_place_and_unit() -> None:
    """Each has a name of its own, and about the requested size."""
    named = {construct.name: construct for construct in constructs.constructs()}
    assert len(named) == sum(1 for _ in constructs.constructs()) > 2000
    for construct in [*named.values()][::29]:
        assert len(construct.make(40_000)) == pytest.approx(40_000, rel=0.9)


@pytest.mark.long
@needs_scf_python
def test_every_threshold_is_judged(record: dict[str, Any]) -> None:
    """A quick run leaves out only figures that take long."""
    assert [each["name"] for each in record["thresholds"]] == [each.name for each in thresholds.THRESHOLDS]
    missing = {each["name"] for each in record["thresholds"] if each["measured"] is None}
    assert missing <= {
        "time of decoding, up to 5 MB",
        "peak memory above 48 MB, up to 5 MB",
        "layer built again: files that differ",
        "warm event against the straightforward",
    }


@pytest.mark.long
@needs_scf_python
def test_settled_job_costs_the_sweep_one_request(record: dict[str, Any]) -> None:
    """However many jobs there are."""
    rows = record["figures"]["sweep"]["rows"]
    assert [row["jobs"] for row in rows] == list(measure.QUICK.sweeps)
    assert all(1 <= row["requests_per_job"] <= 1.02 for row in rows)


def test_committed_figures_are_complete() -> None:
    """They are those of a full run, with every threshold."""
    kept = json.loads(bench.RESULTS.read_text(encoding="utf-8"))
    assert kept["quick"] is False
    assert kept["figures"].keys() == bench.QUESTIONS.keys()
    assert {each["name"]: each["at_most"] for each in kept["thresholds"]} == {
        each.name: each.at_most for each in thresholds.THRESHOLDS
    }
    assert [each["name"] for each in kept["thresholds"] if each["measured"] is None] == []


@needs_scf_python
@pytest.mark.long
@pytest.mark.usefixtures("one_site")
def test_exceeded_threshold_fails_a_check_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --check the status is 1; thresholds of other questions do not count, and a file keeps their figures."""
    file = tmp_path / "bench.json"
    file.write_text('{"dates": {"cold": "1"}, "figures": {"cold": {}, "layer": {}}}', encoding="utf-8")
    assert bench.main(["--quick", "--check", "--results", str(file), "layer"]) == 0
    printed = capsys.readouterr().out
    assert ("layer, zipped" in printed, "cold start" in printed) == (True, False)
    found = json.loads(file.read_text(encoding="utf-8"))
    kept = found["figures"]
    assert (kept.keys(), kept["cold"], bool(kept["layer"])) == ({"cold", "layer"}, {}, True)
    assert found["dates"] == {"cold": "1", "layer": found["date"]}
    empty = thresholds.Threshold("an empty layer", 0, "MB", ("layer", "zipped_mb"))
    monkeypatch.setattr(thresholds, "THRESHOLDS", (empty,))
    assert bench.main(["--quick", "layer"]) == 0
    assert bench.main(["--quick", "--check", "layer"]) == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lunch"], "there is no question lunch: choose from cold, init, warm, "),
        (["--results", "."], "--results needs a file in a folder that exists"),
        (["--results", "missing/bench.json"], "--results needs a file in a folder that exists"),
    ],
)
def test_wrong_argument_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is measured."""
    with pytest.raises(SystemExit) as ended:
        bench.main(["--quick", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_missing_runtime_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The status is 2, not that of an exceeded threshold."""
    monkeypatch.setattr(runtime, "find_python", lambda: None)
    monkeypatch.setattr(bench, "open_site", deployed.open_site)
    with pytest.raises(SystemExit) as ended:
        bench.main(["--quick", "layer"])
    assert ended.value.code == 2
    assert "or set SCF_PYTHON" in capsys.readouterr().err


@needs_scf_python
@pytest.mark.long
@pytest.mark.usefixtures("one_site")
def test_json_is_the_only_standard_output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json, tables and progress are printed to standard error."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert bench.main(["--quick", "--json", "layer"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found.keys() == {"date", "python", "machine", "dates", "quick", "figures", "thresholds"}
    assert found["figures"].keys() == {"layer"}
    assert "Layer: what ships" in captured.err
    assert "unpacking what ships" in captured.err


def test_failing_process_ends_the_run() -> None:
    """Its errors are printed: a process that fails would be the fastest of all."""
    program = measure.Program((sys.executable, "-c", "raise SystemExit('no such thing')"), {})
    with pytest.raises(SystemExit, match="no such thing"):
        program.run()


def test_ratio_is_taken_round_by_round() -> None:
    """A round on a slow machine slows both sides, and changes no ratio."""
    assert measure.ratio([10, 20, 90], [5, 10, 45]) == {"median": 2, "low": 2, "high": 2}
    assert measure.spread([4.0]) == {"median": 4, "low": 4, "high": 4}


@pytest.mark.parametrize("form", ["xml", "json"])
def test_transcript_is_a_callback_of_its_size(form: Format) -> None:
    """It has about the requested size, and every word is decoded."""
    body = bodies.transcript(100_000, form).encode()
    assert len(body) == pytest.approx(100_000, rel=0.1)
    callback = decode(Delivery(source="function-url", body=body))
    assert isinstance(callback, Callback)
    sentences = callback.jobs[0].element("Operation", "SpeechRecognitionResult")["ResultDetail"]
    assert sum(len(sentence["Words"]) for sentence in sentences) == bodies.words_in(body.decode())
