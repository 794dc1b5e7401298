"""The benchmarks run, and what they write has its shape. What it says of time is no matter for tests."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from defusedxml.ElementTree import fromstring

from bench import __main__ as bench
from bench import bill, bodies, measure, prices
from bench import thresholds as bars
from bench.questions import scale
from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
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
def test_each_kind_of_delivery_costs_its_requests(record: dict[str, Any]) -> None:
    """What a delivery asks of COS, CI and an action's service is counted by kind, in the order in which it asks."""
    cases = record["figures"]["cost"]["cases"]
    assert {name: list(found["requests"].items()) for name, found in cases.items() if "versions" not in name} == {
        "written": [("PUT", 1)],
        "with an action": [("PUT", 1), ("HEAD", 1), ("COPY", 1)],
        "VERIFY=job": [("CI", 1), ("PUT", 1)],
        "duplicate": [("PUT", 1), ("HEAD", 1)],
        "replaced": [("PUT", 2), ("HEAD", 1)],
        "dead letter": [("PUT", 1)],
    }
    assert cases["bucket with versions"]["requests"].keys() == {"PUT", "LIST", "HEAD"}
    assert {name for name, found in cases.items() if found["calls"]} == {"with an action"}
    assert [cases[name]["added_bytes"] for name in ("duplicate", "replaced")] == [0, 0]
    for found in cases.values():
        assert 0 < found["log_bytes"] < found["sent_bytes"] < 10_000
        assert found["peak_mb"] < bars.SMALL_MB


@needs_python310
def test_sweep_and_replay_cost_so_much_for_each_thing(record: dict[str, Any]) -> None:
    """A job that is swept costs a HEAD, and a PUT where its result is missing, a letter its GET, PUT and DELETE."""
    commands = record["figures"]["cost"]["commands"]
    assert commands["sweep, result missing"]["requests"] == {"CI": 0.01, "HEAD": 1, "PUT": 1}
    assert commands["sweep, result there"]["requests"] == {"CI": 0.01, "HEAD": 1}
    each = {kind: count for kind, count in commands["replay"]["requests"].items() if kind != "LIST"}
    assert each == {"GET": 1, "PUT": 1, "DELETE": 1}


def test_a_delivery_takes_its_waits_and_its_share_of_a_core() -> None:
    """Duration is the answers that are waited for, one after another, and the own work on what SCF gives of a core."""
    found = {"requests": {"PUT": 1, "HEAD": 2}, "calls": 1, "cpu_ms": {"median": 3.0}}
    assert bill.duration_ms(found, 50, memory_mb=128) == 4 * 50 + 3 * 10
    assert bill.duration_ms(found, 50, memory_mb=1280) == 4 * 50 + 3
    assert bill.duration_ms(found, 50, memory_mb=3072) == 4 * 50 + 3  # one thread has no use for the second core


def test_a_million_deliveries_are_billed_item_by_item() -> None:
    """The bill is amounts times prices: GB·s, calls, requests to COS alone, and the log with its index for a week."""
    took = {"requests": {"PUT": 1, "CI": 1}, "calls": 0, "cpu_ms": {"median": 0}}
    found = {**took, "log_bytes": 100, "reply_bytes": 200, "added_bytes": 1024}
    terms = bill.Terms(memory_mb=512)
    items = bill.million(found, 100, terms)
    log_gb = bill.log_bytes(found, terms) * 1_000_000 / 2**30
    assert items == {
        "function: time": pytest.approx(0.5 * 0.2 * 1_000_000 * 0.00011108),
        "function: calls": pytest.approx(1.33),
        "COS: requests": pytest.approx(1.00),
        "COS: results kept a month": pytest.approx(1024 * 1_000_000 / 2**30 * 0.118),
        "logs (CLS)": pytest.approx(log_gb * (0.18 + 0.35 + 14 * 0.0115)),
    }
    assert bill.total(items) == pytest.approx(sum(items.values()))


def test_the_platforms_log_is_around_ours() -> None:
    """A line of ours stands in five logs of the platform, each with its fields; fewer in its short format."""
    found = {"log_bytes": 300, "reply_bytes": 200}
    full, short, quiet = (
        bill.log_bytes(found, terms) for terms in (bill.Terms(), bill.Terms(short_format=True), bill.Terms(quiet=True))
    )
    assert bill.log_bytes({"log_bytes": 400, "reply_bytes": 200}) == full + 100
    assert bill.log_bytes({"log_bytes": 300, "reply_bytes": 300}) == full + 100
    assert 500 < short < full
    assert quiet < full - 300


def test_what_nobody_says_the_price_of_is_not_summed() -> None:
    """A price that was not found is no number, and cannot become one."""
    with pytest.raises(ValueError, match="no public document states the price of CI"):
        bill.yuan(prices.CI_QUERY, 1)


def test_a_run_goes_as_far_as_its_time() -> None:
    """A sweep reaches what fits between its Tags' lists and its reserve, a replay no more than its report holds."""
    found = {"requests": {"HEAD": 1}, "calls": 0, "cpu_ms": 0}
    assert scale.reached(found, 30, 100) == 277 - scale.SWEEP_ANSWERS == 234
    assert scale.replayed(found, 30, 100) == 282
    assert scale.replayed(found, 900, 100) == 500


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
