"""The suite is shared out among processors, and never by those that share it."""

from types import SimpleNamespace

import pytest

from tests.conftest import pytest_cmdline_main

SOURCES = pytest.Config.ArgsSource


OPTIONS = {"numprocesses": None, "dist": "no", "usepdb": False, "collectonly": False}


def processes(source=SOURCES.TESTPATHS, plugin=True, options=(), **extra):
    """Return into how many processes the hook splits a run."""
    option = SimpleNamespace(**{**OPTIONS, "capture": "fd", **dict(options)})
    manager = SimpleNamespace(has_plugin=lambda name: plugin and name == "xdist")
    config = SimpleNamespace(
        args_source=source, pluginmanager=manager, option=option, **extra
    )
    pytest_cmdline_main(config)
    return option.numprocesses


def test_the_whole_suite_uses_all_processors():
    assert processes() == "auto"


def test_a_part_uses_one():
    assert processes(SOURCES.ARGS) is None


def test_what_was_asked_for_stays():
    assert processes(options={"numprocesses": 0}) == 0


@pytest.mark.parametrize(("name", "value"), [("usepdb", True), ("capture", "no")])
def test_who_watches_sees_one_process(name, value):
    assert processes(options={name: value}) is None


def test_without_the_plugin_nothing_is_asked():
    assert processes(plugin=False) is None


def test_a_worker_starts_no_workers():
    """Each would start its own, and so on."""
    assert processes(workerinput={"workerid": "gw0"}) is None
