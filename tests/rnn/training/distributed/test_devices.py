"""Many devices of one process: virtual ones of a CPU, in a process of their own."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.rnn.training.distributed.test_processes import ROOT
from tinygraph_rnn import ConfigError
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training.distributed.devices import check_devices

needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="needs jax"
)


@pytest.fixture(scope="module")
def found():
    """What eight devices find; the process takes a while."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "over_devices.py")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_jax
def test_eight_devices_are_as_one(found):
    """Losses of 50 updates with dropout; scores of three rows, too few to share."""
    batch = found["batch"]
    np.testing.assert_allclose(batch["many"], batch["one"], rtol=1e-5)
    assert batch["held out"] == pytest.approx(batch["held out, one"], rel=1e-5)


@needs_jax
def test_a_state_stays_on_the_device_of_its_rows(found):
    assert found["batch"]["state on devices"] == 8
    assert found["batch"]["state of each"] == [1, 2, 8]


@needs_jax
def test_columns_of_the_gates_over_devices(found):
    """Tensor parallelism is a sharding of parameters: values and gradients agree."""
    assert "gradient/lstm.0.weight_h" in found["gates"]
    assert max(found["gates"].values()) < 1e-6


@needs_jax
def test_what_devices_refuse(found):
    many, rows, memory = found["refusals"]
    assert many.startswith("devices 9 are more than JAX has here, 8 of kind 'cpu'. The")
    assert "XLA_FLAGS=--xla_force_host_platform_device_count=9" in many
    assert rows.startswith("16 rows of the batch in a process cannot be shared equally")
    assert "by 3 devices" in rows
    assert memory == "memory 9 is for one device: leave it, or devices, out"


def test_without_jax(capsys, monkeypatch):
    """One line that says what to install, for processes and for devices."""
    found = importlib.util.find_spec

    def without(name, *more):
        return None if name == "jax" else found(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    where = ["--coordinator", "127.0.0.1:1", "--num-processes", "2"]
    for options, what in (
        ([*where, "--process-id", "1"], "many processes need jax"),
        (["--backend", "jax", "--devices", "2"], "devices 2 need jax"),
    ):
        assert main(["train", *options]) == 2
        said = capsys.readouterr().err
        assert f"{what}, which is not installed: pip install jax\n" in said
        assert said.count("\n") == 1


def test_devices_are_those_of_jax(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="devices must be an int >= 1, not 0"):
        check_devices(0, "jax")
    assert main(["train", "--backend", "numpy", "--devices", "2"]) == 2
    said = capsys.readouterr().err
    assert "devices 2 are those of backend 'jax', not of 'numpy'" in said
    assert not os.listdir()
