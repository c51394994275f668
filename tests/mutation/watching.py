"""A pytest plugin: chooses and orders tests, and records what each of them enters."""

import importlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import Phase, settings


class Watch:
    """What a run of tests is to do, and what it did.

    Attributes:
        failed: the first test, or the first file, that failed; else "".
        tests: test → (seconds, the functions of watched files that it entered, each
            as `file:line`). What a file enters when it is collected, and a fixture
            of many tests when it is made, counts for all tests of the file.
    """

    def __init__(self, root: str, only: Sequence[str], watched: Sequence[str]) -> None:
        self.failed = ""
        self.tests: dict[str, tuple[float, list[str]]] = {}
        self._places = {name: i for i, name in enumerate(only)}
        self._watched = {os.path.join(root, name): name for name in watched}
        self._entered: set[CodeType] = set()
        self._of_files: dict[str, set[str]] = {}

    def _enter(self, frame: FrameType, event: str, argument: object) -> None:
        self._entered.add(frame.f_code)

    def _taken(self) -> set[str]:
        """Return what was entered since this was asked, and forget it."""
        entered, self._entered = self._entered, set()
        return {
            f"{self._watched[code.co_filename]}:{code.co_firstlineno}"
            for code in entered
            if code.co_filename in self._watched and code.co_name != "<module>"
        }

    def _begin(self) -> None:
        self._entered.clear()
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """End a property at the first failure, which nobody reads: it is not shrunk."""
        phases = [Phase.explicit, Phase.generate]
        options = {"phases": phases, "report_multiple_bugs": False}
        settings.register_profile("planted", settings.default, **options)
        settings.load_profile("planted")

    def pytest_sessionstart(self) -> None:
        """Import the tree, so that what an import enters is not the first file's."""
        if self._watched:
            self._begin()
            importlib.import_module("tinygraph")
            self._entered_by_file("")

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: Any) -> Iterator[None]:
        if self._watched:
            self._begin()
        report = yield
        if self._watched:
            self._entered_by_file(collector.nodeid)
        if report.failed:
            self.failed = self.failed or report.nodeid or "collection"
        return report

    def _entered_by_file(self, nodeid: str) -> None:
        """Count it for the file, or for all where it belongs to a folder."""
        file = nodeid.split("::")[0]
        key = file if file.endswith(".py") else ""
        self._of_files.setdefault(key, set()).update(self._taken())

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._places:
            chosen = [item for item in items if item.nodeid in self._places]
            items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        if not self._watched or fixturedef.scope == "function":
            return (yield)
        outside, self._entered = self._entered, set()
        value = yield
        self._entered_by_file(request.node.nodeid)
        self._entered |= outside
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begin = time.process_time()
        if self._watched:
            self._begin()
        result = yield
        sys.settrace(None)
        seconds = time.process_time() - begin
        self.tests[item.nodeid] = (seconds, sorted(self._taken()))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        for name, (seconds, entered) in self.tests.items():
            for key in ("", name.split("::")[0]):
                entered = sorted({*entered, *self._of_files.get(key, ())})
            self.tests[name] = (seconds, entered)
