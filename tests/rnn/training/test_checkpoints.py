"""Checkpoints: exact, atomic, and never mistaken for something else."""

import errno
import json
import os
import pickle

import numpy as np
import pytest
import safetensors.numpy

from tinygraph_rnn import CheckpointError, StorageError
from tinygraph_rnn.training.checkpoints import Checkpoint, load, save


@pytest.fixture
def checkpoint():
    rng = np.random.default_rng(0)
    return Checkpoint(
        {"done": 7, "vocabulary": "aé\n🙂"},
        {"w": rng.normal(size=(3, 4)).astype("float32"), "scalar": np.float32(2.5)},
        {"m/w": rng.normal(size=(3, 4)), "updates": np.array(7)},
        {"state/h": np.zeros((1, 0, 4), "float32")},
    )


@pytest.fixture
def path(tmp_path, checkpoint):
    path = tmp_path / "checkpoint.safetensors"
    save(path, checkpoint)
    return path


def test_round_trip_is_exact(path, checkpoint):
    got = load(path)
    assert got.facts == checkpoint.facts
    for family in ("parameters", "optimizer", "state"):
        before, after = getattr(checkpoint, family), getattr(got, family)
        assert set(after) == set(before)
        for name, array in before.items():
            np.testing.assert_array_equal(after[name], array, strict=True)


def test_equal_checkpoints_are_equal_bytes(path, checkpoint):
    """The metadata of safetensors come in any order, another one each time."""
    content = path.read_bytes()
    for _ in range(20):
        save(path, checkpoint)
        assert path.read_bytes() == content


def test_the_order_of_the_metadata_does_not_matter(path, checkpoint):
    """As in checkpoints of before the order was fixed."""
    arrays = safetensors.numpy.load_file(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    for _ in range(20):
        safetensors.numpy.save_file(arrays, path, metadata)
        assert load(path).facts == checkpoint.facts


def test_arrays_in_fortran_order_are_stored_right(tmp_path):
    array = np.arange(6.0).reshape(2, 3).T
    save(tmp_path / "c", Checkpoint({}, {"w": array}))
    np.testing.assert_array_equal(load(tmp_path / "c").parameters["w"], array)


def test_nothing_else_is_left_in_the_folder(path):
    assert os.listdir(path.parent) == [path.name]


def test_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match="cannot read the checkpoint .*No such"):
        load(tmp_path / "nowhere")


def test_folder(tmp_path):
    with pytest.raises(CheckpointError, match="cannot read the checkpoint .*directory"):
        load(tmp_path)


def test_every_truncation_is_noticed(path):
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(CheckpointError, match="damaged or no checkpoint at all"):
            load(path)


def test_every_flipped_byte_is_noticed(path):
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x20
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            load(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"some text\n" * 100, pickle.dumps({"w": [1.0] * 100}), b"PK\x03\x04" * 99],
)
def test_foreign_files(tmp_path, content):
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged or no checkpoint at all"):
        load(tmp_path / "c")


def test_safetensors_of_somebody_else(tmp_path):
    safetensors.numpy.save_file({"w": np.ones(3)}, tmp_path / "c")
    with pytest.raises(CheckpointError, match="but no checkpoint of tinygraph_rnn"):
        load(tmp_path / "c")


def test_another_format(path, monkeypatch, checkpoint):
    monkeypatch.setattr("tinygraph_rnn.training.checkpoints.FORMAT", "from the future")
    save(path, checkpoint)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="written as 'from the future', but"):
        load(path)


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_keeps_the_old_checkpoint(path, checkpoint, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match="No space left on device; the checkpoint b"):
        save(path, Checkpoint({"done": 8}, checkpoint.parameters))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_full_disk_with_no_checkpoint_before(tmp_path, checkpoint, monkeypatch):
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match="No space left on device$"):
        save(tmp_path / "c", checkpoint)
    assert os.listdir(tmp_path) == []


def test_it_is_plain_safetensors(path, checkpoint):
    arrays = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(arrays["parameters/w"], checkpoint.parameters["w"])
    with safetensors.safe_open(path, framework="numpy") as file:
        assert json.loads(file.metadata()["json"])["done"] == 7
