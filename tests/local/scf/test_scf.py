"""The local SCF: a function's environment and its failures."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from local.cos.signature import Credentials
from local.scf.server import Invocation, LocalScf, RefusedEnvironmentError
from tests import ROOT

MB = 1 << 20

FUNCTIONS = ROOT / "tests" / "support" / "functions"


def scf_with(handler: str = "odd.main_handler", **options: Any) -> LocalScf:
    """Return a platform with a function of tests/support/functions."""
    return LocalScf(FUNCTIONS, handler, **{"timeout_s": 20, **options})


def do(what: str, **more: Any) -> dict[str, Any]:
    """Return the event that makes odd.py do something."""
    return {"do": what, **more}


def test_result_is_returned() -> None:
    """There is no error."""
    with scf_with() as scf:
        invocation = scf.invoke(do("echo", value={"歌": ["青花瓷", 1, None]}))
    assert (invocation.result, invocation.error) == ({"歌": ["青花瓷", 1, None]}, None)


def test_instance_stays_warm() -> None:
    """The first event starts the instance, the next finds it with its globals."""
    with scf_with() as scf:
        first, second = scf.invoke(do("count")), scf.invoke(do("count"))
    assert (first.result, second.result) == (1, 2)
    assert (first.init_ms is None, second.init_ms) == (False, None)


def test_report_has_the_format_of_the_platform() -> None:
    """A report line for each event, on a cold start after an init line."""
    invocation = Invocation("id-1", None, None, "", 312, 12, 128, 41.23)
    assert invocation.report == (
        "Init Report RequestId: id-1 Coldstart: 312ms\n"
        "Report RequestId: id-1 Duration: 12ms Memory: 128MB MaxMemoryUsed: 41.2MB"
    )
    assert "Coldstart" not in Invocation("id-1", None, None, "", None, 12, 128, 41.23).report


def test_report_has_measurements() -> None:
    """Init, duration and memory are measured."""
    with scf_with() as scf:
        invocation = scf.invoke(do("echo"))
    assert invocation.init_ms is not None
    assert 1 < invocation.max_memory_mb < 128
    assert invocation.report.startswith(f"Init Report RequestId: {invocation.request_id} ")


def test_environment_is_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function sees the platform's variables and its own, nothing of the developer's shell."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with scf_with(environment={"LOG_LEVEL": "INFO"}, region="ap-beijing") as scf:
        seen = scf.invoke(do("environment")).result
    assert not {"HTTP_PROXY", "HOME", "VIRTUAL_ENV", "TENCENTCLOUD_SECRETID"} & set(seen)
    assert seen["LOG_LEVEL"] == "INFO"
    assert seen["TENCENTCLOUD_RUNENV"] == "SCF"
    assert seen["TENCENTCLOUD_REGION"] == "ap-beijing"
    assert seen["PYTHONDONTWRITEBYTECODE"] == "x"
    assert seen["PYTHONPATH"] == str(FUNCTIONS)


def test_function_sees_its_code_root_alone() -> None:
    """The code root is importable; this project is not."""
    with scf_with() as scf:
        path = scf.invoke(do("path")).result
        assert scf.invoke(do("cwd")).result == str(FUNCTIONS)
    project = ROOT
    assert str(FUNCTIONS) in path
    assert not {str(project), str(project / "local"), str(project / "handler"), ""} & set(path)


def test_layer_replaces_the_development_packages(tmp_path: Path) -> None:
    """The function imports from the layer, and site-packages is hidden."""
    (tmp_path / "layered.py").write_text("")
    with scf_with(layer=tmp_path) as scf:
        path = scf.invoke(do("path")).result
    assert path[:2] == [str(FUNCTIONS), str(tmp_path)]
    assert not [entry for entry in path if "site-packages" in entry]


def test_context_is_a_dict_as_documented() -> None:
    """It has limits and ids; each event has its own request id."""
    with scf_with(memory_mb=256, environment={"A": "1"}) as scf:
        first, second = scf.invoke(do("context")), scf.invoke(do("context"))
    context = first.result
    assert (context["request_id"], context["memory_limit_in_mb"]) == (first.request_id, 256)
    assert context["time_limit_in_ms"] == 20_000
    assert json.loads(context["environment"]) == {"SCF_NAMESPACE": "default", "A": "1"}
    assert second.result["request_id"] != context["request_id"]


def test_credentials_are_renewed_before_every_event() -> None:
    """A warm instance sees rotated credentials, and none once the role is unbound."""
    names = ("TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN")
    seen = []
    with scf_with(credentials=Credentials("i1", "k1", "t1")) as scf:
        for credentials in (Credentials("i1", "k1", "t1"), Credentials("i2", "k2", "t2"), None):
            scf.credentials = credentials
            environment = scf.invoke(do("environment")).result
            seen.append([environment.get(name) for name in names])
    assert seen == [["i1", "k1", "t1"], ["i2", "k2", "t2"], [None, None, None]]


def test_context_leaks_credentials_like_the_platform() -> None:
    """`environ` of the context has the role's keys, so that a test notices a logged context."""
    with scf_with(credentials=Credentials("i", "k", "the-token")) as scf:
        assert "the-token" in scf.invoke(do("context")).result["environ"]


def test_output_is_the_log_of_the_invocation() -> None:
    """stdout, stderr and output of children are in order; the first event has that of init."""
    with scf_with() as scf:
        first, second = scf.invoke(do("print", text="中文")), scf.invoke(do("echo"))
    assert first.log == "loaded\n中文\nto stderr\nfrom a child\n"
    assert second.log == ""


def test_each_invocation_is_reported() -> None:
    """`on_invocation` is called for every invocation, also a failed one."""
    told: list[Invocation] = []
    with scf_with(on_invocation=told.append) as scf:
        returned = [scf.invoke(do("echo")), scf.invoke(do("fail"))]
    assert told == returned


def test_exception_is_430_with_its_stack() -> None:
    """The stack has the function's own frames, and the instance goes on."""
    with scf_with() as scf:
        error = scf.invoke(do("fail")).error
        assert scf.invoke(do("count")).result == 2
    assert error is not None
    assert (error["statusCode"], error["errorCode"]) == (430, -1)
    assert error["errorMessage"] == "user code exception caught"
    assert error["stackTrace"].endswith("ValueError: demo\n")
    assert "runtime.py" not in error["stackTrace"]


@pytest.mark.parametrize("what", ["set", "nan"])
def test_reply_without_json_is_430(what: str) -> None:
    """The error names the reason."""
    with scf_with() as scf:
        error = scf.invoke(do(what)).error
    assert error is not None
    assert (error["statusCode"], "no JSON" in error["errorMessage"]) == (430, True)


@pytest.mark.parametrize(
    ("handler", "status", "message"),
    [
        ("broken.main_handler", 443, "No module named 'a_package_that_does_not_exist'"),
        ("odd.absent", 443, "has no attribute 'absent'"),
        ("absent.main_handler", 437, "absent.py not found"),
    ],
)
def test_function_that_does_not_load_is_reported(handler: str, status: int, message: str) -> None:
    """An import error, a missing function and a missing file are different errors, at every event."""
    with scf_with(handler) as scf:
        errors = [scf.invoke({}).error, scf.invoke({}).error]
    for error in errors:
        assert error is not None
        assert error["statusCode"] == status
        assert message in error["errorMessage"]


@pytest.mark.parametrize(("what", "exit_code"), [("exit", 3), ("sys.exit", 3)], ids=["os._exit", "sys.exit"])
def test_exited_process_is_439_and_replaced(what: str, exit_code: int) -> None:
    """The next event gets a new instance."""
    with scf_with() as scf:
        error = scf.invoke(do(what, code=exit_code)).error
        after = scf.invoke(do("count"))
    assert error is not None
    assert (error["statusCode"], f"exit code {exit_code}" in error["errorMessage"]) == (439, True)
    assert (after.result, after.init_ms is None) == (1, False)


def test_instance_without_its_socket_is_replaced() -> None:
    """A function that closes the platform's descriptors harms only itself."""
    with scf_with() as scf:
        error = scf.invoke(do("close")).error
        assert scf.invoke(do("echo", value=1)).result == 1
    assert error is not None
    assert error["statusCode"] == 439


def test_time_limit_ends_the_instance() -> None:
    """A late function is 433, its log is kept, and the next event gets a new instance."""
    with scf_with() as scf:
        scf.invoke(do("echo"))
        scf.timeout_s = 0.2
        late = scf.invoke(do("sleep", seconds=60))
        scf.timeout_s = 20
        after = scf.invoke(do("count"))
    assert late.error is not None
    assert (late.error["statusCode"], "TimeLimitReached" in late.error["errorMessage"]) == (433, True)
    assert late.log == "before the sleep\n"
    assert (after.result, after.init_ms is None) == (1, False)


@pytest.mark.parametrize(
    ("event", "status"), [(do("echo", value="x" * (6 << 20)), 406), (do("big"), 407)], ids=["event", "reply"]
)
def test_more_than_6_mb_are_refused(event: dict[str, Any], status: int) -> None:
    """A larger event never reaches the function, a larger reply never leaves it."""
    with scf_with() as scf:
        error = scf.invoke(event).error
        assert scf.invoke(do("echo", value="x" * (5 << 20))).result == "x" * (5 << 20)
    assert error is not None
    assert error["statusCode"] == status


def test_size_of_an_event_is_counted_in_utf8() -> None:
    """Chinese text of 5 MB fits, though its escaped JSON has 10 MB; half a surrogate pair counts as three bytes."""
    text = "陈" * (5 * MB // 3) + "\ud800"
    with scf_with() as scf:
        assert scf.invoke(do("count", value=text)).result == 1
        error = scf.invoke(do("count", value="陈" * (3 * MB))).error
    assert error is not None
    assert error["statusCode"] == 406


def test_instance_has_one_event_at_a_time() -> None:
    """Concurrent callers are served in sequence."""
    results: list[int] = []
    with scf_with() as scf:
        threads = [threading.Thread(target=lambda: results.append(scf.invoke(do("count")).result)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(results) == list(range(1, 9))


def test_stop_ends_an_event_under_way() -> None:
    """Stopping does not wait for a busy function, and later events are refused."""
    answers: list[Invocation] = []
    scf = scf_with()
    scf.invoke(do("echo"))
    thread = threading.Thread(target=lambda: answers.append(scf.invoke(do("sleep", seconds=60))))
    thread.start()
    while not scf._lock.locked():
        time.sleep(0.001)
    scf.stop()
    thread.join()
    for invocation in (answers[0], scf.invoke(do("echo"))):
        assert invocation.error is not None
        assert invocation.error["statusCode"] == 439


def open_descriptors() -> int:
    """Count the descriptors of this process, 0 where that is impossible."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_stop_leaves_no_process_and_no_descriptor() -> None:
    """Everything that an instance held is released."""
    before = open_descriptors()
    with scf_with() as scf:
        scf.invoke(do("echo"))
        process = scf._instance._process if scf._instance else None
    assert process is not None
    assert process.returncode is not None
    assert open_descriptors() == before


def test_missing_python_raises() -> None:
    """The attempt leaves nothing behind."""
    before = open_descriptors()
    with scf_with(python="/absent/python") as scf, pytest.raises(FileNotFoundError, match="/absent/python"):
        scf.invoke(do("echo"))
    assert open_descriptors() == before


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"SCF_NAME": "x"}, "'SCF_NAME'"),
        ({"TENCENTCLOUD_SECRETID": "x"}, "'TENCENTCLOUD_SECRETID'"),
        ({"WITH-DASH": "x"}, "'WITH-DASH'"),
        ({"A": "x" * 4096}, "4098 bytes, SCF allows 4096"),
    ],
)
def test_reserved_or_large_environment_is_refused(environment: dict[str, str], message: str) -> None:
    """Reserved or malformed names, and more than 4 KB, raise at the start."""
    with pytest.raises(RefusedEnvironmentError, match=message):
        scf_with(environment=environment)
