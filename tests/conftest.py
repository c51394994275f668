"""What holds for all tests: skips without `dot`, and how many examples are drawn.

The whole suite, `pytest` without arguments, runs on all processors where pytest-xdist
is installed (`pytest -n 0`: on one). What is named on the command line runs on one.

One BLAS thread: small matrices gain nothing from more, and pools that spin on shared
cores lose much. It is set before NumPy is imported; processes that tests start inherit
it.

XLA compiles quickly in all tests but the nightly ones, in the processes that tests
start too: what runs once, on a few numbers, gains nothing from its optimisations.

Hypothesis profiles: "ci" is the default and draws the same examples every time;
`HYPOTHESIS_PROFILE=nightly`, or `-m nightly`, draws thousands of new ones.
"""

import gc
import importlib.metadata
import importlib.util
import os
import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")

XLA_COMPILES_QUICKLY = (
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
    "--xla_cpu_opt_preset=CPU_OPT_PRESET_FAST_COMPILE",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)
"""Flags of XLA that JAX 0.10 has; one that a version lacks ends the process."""

collect_ignore = ["typed_use.py"]  # read by type checkers, never run

_COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("ci", _COMMON, max_examples=100, derandomize=True)
settings.register_profile("nightly", _COMMON, max_examples=3000, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the site be given where it is built already, notebooks and all."""
    parser.addoption(
        "--site",
        default=os.environ.get("BUILT_SITE"),
        help="folder of `python -m docs.build`, to be opened (default: $BUILT_SITE)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share the whole suite out among the processors, unless another way is asked."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput"):  # one of the processes that share it already
        return
    if not config.pluginmanager.has_plugin("xdist") or not whole:
        return
    option = config.option
    watched = option.usepdb or option.collectonly or option.capture == "no"
    if option.numprocesses is None and not watched:
        option.numprocesses, option.dist = "auto", "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the profile by the environment, else by the `nightly` marker.

    What a shell runs in the background ignores Ctrl-C, and what `nohup` runs a closed
    terminal, and so would all that the tests start: they see both as in the foreground.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = getattr(signal, "SIGHUP", None)  # not where terminals never hang up
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN:
        signal.signal(hangup, signal.SIG_DFL)
    nightly = config.getoption("markexpr") == "nightly"
    default = "nightly" if nightly else "ci"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", default))
    if not nightly and _has_jax_0_10():
        os.environ.setdefault("XLA_FLAGS", " ".join(XLA_COMPILES_QUICKLY))


def _has_jax_0_10() -> bool:
    if importlib.util.find_spec("jax") is None:
        return False
    return importlib.metadata.version("jax").startswith("0.10.")


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays: modules, ten thousand tests."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `dot` where Graphviz is not installed."""
    if shutil.which("dot") is not None:
        return
    skip = pytest.mark.skip(reason="needs the program dot (Debian: graphviz)")
    for item in items:
        if item.get_closest_marker("dot") is not None:
            item.add_marker(skip)
