"""Checkpoints from anybody: one line says what is wrong, and soon.

`pytest -m nightly` draws thousands of them.
"""

import contextlib
import json
import os
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.rnn.cli.test_cli import TEXT, train
from tests.rnn.training.forging import (
    changed_arrays,
    changed_facts,
    contents,
    forge,
    outcome,
)
from tinygraph_rnn import CheckpointError, SavedModel
from tinygraph_rnn.data.token_files import checksum
from tinygraph_rnn.training import checkpoints

MEGABYTES = 2000
"""Of address space: what Python, NumPy and the rest map takes most of it."""
PEAK = 64 * 2**20
SCRIPT = Path(__file__).with_name("forging.py")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a finished run, whose checkpoint tests overwrite."""
    folder = tmp_path_factory.mktemp("untrusted")
    (folder / "text").write_text(TEXT)
    with contextlib.chdir(folder):
        assert train("--no-learned-init") == 0
    return folder / "run"


@pytest.fixture(scope="module")
def good(run):
    """The facts and arrays of its checkpoint."""
    return contents(run / checkpoints.FILE_NAME)


@pytest.fixture
def path(run, good):
    path = run / checkpoints.FILE_NAME
    forge(path, *good)
    return path


def changed(facts, **settings):
    return {**facts, "config": {**facts["config"], **settings}}


def commands(path):
    run = str(path.parent)
    return (
        ("sample", run, "--length", "2"),
        ("sample", run, "--length", "2", "--beam", "2"),
        ("evaluate", run),
        ("train", "--resume", run, "--updates", "11"),
    )


def check_commands(path):
    """Each command does its work, or says in one line why it does not."""
    content = path.read_bytes()
    for command in commands(path):
        status, lines = outcome(*command)
        assert status in (0, 2), lines
        if status:
            said = [line for line in lines if ": error: " in line]
            assert said == lines[-1:], lines
            assert said == lines or command[0] == "train", lines
            assert said[0].startswith(f"tinygraph-rnn {command[0]}: error: ")
            assert said[0].isprintable()
            assert len(said[0]) < 1000
        path.write_bytes(content)


def check_load(path):
    """It is loaded, or refused in one line; return whether, and the peak of memory."""
    tracemalloc.start()
    try:
        SavedModel(path)
        said = ""
    except CheckpointError as problem:
        said = str(problem)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said.isprintable()
    return not said, peak


def check_forged(path, facts, arrays):
    forge(path, facts, arrays)
    loads, peak = check_load(path)
    assert peak < PEAK
    if loads:
        check_commands(path)


@given(st.data())
@settings(max_examples=20)
def test_any_fact_may_be_wrong(run, good, data):
    facts, arrays = good
    check_forged(run / checkpoints.FILE_NAME, data.draw(changed_facts(facts)), arrays)


@given(st.data())
@settings(max_examples=12)
def test_any_array_may_be_wrong(run, good, data):
    facts, arrays = good
    check_forged(run / checkpoints.FILE_NAME, facts, data.draw(changed_arrays(arrays)))


@pytest.mark.nightly
@given(st.data())
def test_several_may_be_wrong(run, good, data):
    facts, arrays = good
    for _ in range(data.draw(st.integers(1, 3))):
        if data.draw(st.booleans()):
            facts = data.draw(changed_facts(facts)) if facts else facts
        else:
            arrays = data.draw(changed_arrays(arrays)) if arrays else arrays
    check_forged(run / checkpoints.FILE_NAME, facts, arrays)


@pytest.mark.nightly
@given(st.data())
def test_any_byte_of_the_header_may_be_wrong(run, good, data):
    path = run / checkpoints.FILE_NAME
    forge(path, *good)
    content = bytearray(path.read_bytes())
    end = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    assert check_load(path)[1] < PEAK


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_size": 8000}, r"embedding.weight is float32\[\d+, 8\], not .*8000\]"),
        ({"hidden_size": 10**9}, r"embedding.weight is .*, not float32\[\d+, 10{9}\]"),
        ({"num_layers": 10**6}, "it has no parameter lstm.1.weight_x"),
        ({"num_layers": 0}, "settings: num_layers must be an int >= 1, not 0"),
        ({"cell": "gru"}, "it has no parameter gru.0.weight_x"),
        ({"cell": ["lstm"]}, r"settings: cell is \['lstm'\]"),
        ({"cell": "x" * 10**6}, "settings: cell is 'xxxxxxx"),
        ({"tied": True}, "it holds a parameter 'output.weight'"),
        ({"tied": True, "cell": "lstm-projected"}, "settings: .*|it has no parameter"),
        ({"batch_size": 10**9}, "for batches of 1000000000"),
        ({"tokens": "words"}, "vocabulary is of characters, but its settings are for"),
        ({"learning_rate": 10**400}, "settings: learning_rate is 10000"),
        ({"\x1b[2J": 1}, r"settings are not those of this version: '\\x1b\[2J'"),
    ],
)
def test_settings_that_the_arrays_do_not_fit(path, good, settings, message):
    forge(path, changed(good[0], **settings), good[1])
    with pytest.raises(CheckpointError, match=message):
        SavedModel(path)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"config": None}, "the checkpoint's config is None"),
        ({"config": [1]}, r"the checkpoint's config is \[1\]"),
        ({"vocabulary": "abc"}, "the checkpoint's vocabulary is 'abc'"),
        ({"vocabulary": {"kind": "characters", "symbols": [1]}}, r"'symbols': \[1\]}"),
        ({"vocabulary": {"kind": "evil", "symbols": "ab"}}, "is {'kind': 'evil'"),
        ({"text": {"path": 5}}, "encoding of the text is None"),
        ({"done": -1}, "count of updates is -1"),
        ({"done": "7"}, "count of updates is '7'"),
        ({"done": 10**18}, "count of updates is 10000"),
        ({"held_out": 1.0}, "looks at the held-out text is 1.0"),
        ({"held_out": ["1"]}, r"looks at the held-out text is \['1'\]"),
        ({"format": ["x" * 10**5]}, r"was written as \['x+\.\.\.x+'\], but"),
    ],
)
def test_facts_of_the_wrong_kind(path, good, facts, message):
    forge(path, {**good[0], **facts}, good[1])
    with pytest.raises(CheckpointError, match=message):
        SavedModel(path)


@pytest.mark.parametrize(
    "where", ["/dev/zero\0", "\ud800", 5, ["/dev/zero"], "/dev/zero", "/dev/tty", "."]
)
def test_a_text_that_is_none(path, good, where):
    text = {**good[0]["text"], "path": where}
    forge(path, {**good[0], "text": text}, good[1])
    check_commands(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "its facts name no format"),
        ("7", "its facts name no format"),
        ("{}", "its facts name no format"),
        ("not JSON", "damaged: its JSON is damaged: Expecting value"),
        ("[" * 10**6, "its JSON is nested too deeply"),
        ('{"format": NaN}', "its JSON holds NaN"),
        ('{"done": 1, "done": 2}', "its JSON has a name twice"),
        ('{"done": %s}' % ("9" * 5000), "is damaged: "),
    ],
)
def test_json_of_another_kind(path, good, text, message):
    forge(path, text, good[1])
    with pytest.raises(CheckpointError, match=message):
        SavedModel(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {**a, "evil/x": np.ones(3)}, "has no array called 'evil/x'"),
        (lambda a: {**a, "parameters": np.ones(3)}, "no array called 'parameters'"),
        (lambda a: {**a, "parameters/x\n": np.ones(3)}, r"a parameter 'x\\n'"),
        (lambda a: {**a, "optimizer/m/x": np.ones(3)}, r"m/x' is float64\[3\]"),
        (
            lambda a: {**a, "parameters/output.bias": np.ones(3, "float32")},
            r"output.bias is float32\[3\], not float32\[\d+\]",
        ),
        (
            lambda a: {k: v.astype("float64") for k, v in a.items()},
            r"embedding.weight is float64.* not float32",
        ),
        (lambda a: {}, "it has no parameter embedding.weight"),
    ],
)
def test_arrays_that_the_settings_do_not_ask_for(path, good, change, message):
    forge(path, good[0], change(good[1]))
    with pytest.raises(CheckpointError, match=message):
        SavedModel(path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("optimizer/updates", np.int64(-1), "damaged: it counts -1 updates"),
        ("optimizer/updates", np.int64(2**63 - 1), "it counts 9223372036854775807"),
        ("optimizer/updates", np.float32(1), "optimiser state is not one of Adam"),
        ("state/state/lstm.0.h", np.zeros((1, 4, 5), "float32"), "state of the stream"),
        ("state/state/x", np.zeros((1, 4, 8), "float32"), "stored state of the stream"),
    ],
)
def test_what_only_training_needs(path, good, name, array, message):
    forge(path, good[0], {**good[1], name: np.asarray(array)})
    status, lines = outcome(*commands(path)[-1])
    assert status == 2
    assert message in lines[0]


def raw(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(shape=(2,), dtype="F32", offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ((2**62).to_bytes(8, "little") + b"{}", "length of its header makes no sense"),
        (raw([1]), "its header is no JSON object"),
        (raw(b'{"a":\xff\xfe}'), "its JSON is not UTF-8"),
        (raw(b"[" * 10**6), "nested too deeply"),
        (raw(b'{"x": 1, "x": 2}'), "a name twice"),
        (raw(b'{"x": NaN}'), "its JSON holds NaN"),
        (raw({"x": 1}), "its header describes no arrays"),
        (raw({"x": entry(dtype="C64")}, b"8" * 8), "array of no dtype of ours"),
        (raw({"x": entry(dtype=["F32"])}, b"8" * 8), "array of no dtype of ours"),
        (raw({"x": entry((-1,))}, b"8" * 8), "shape of an array makes no sense"),
        (raw({"x": entry((2.0,))}, b"8" * 8), "shape of an array makes no sense"),
        (raw({"x": entry([1] * 10**5)}), "shape of an array makes no sense"),
        (raw({"x": entry((10**12,))}, b"8" * 8), "longer or shorter than its shape"),
        (raw({"x": entry(offsets=(8, 0))}, b"8" * 8), "longer or shorter than its sh"),
        (raw({"x": entry()}, b"8" * 7), "longer or shorter than its arrays"),
        (raw({"x": entry(), "y": entry()}, b"8" * 16), "damaged or no checkpoint"),
        (raw({"__metadata__": {"json": 5}}), "its metadata are no texts"),
        (raw({"__metadata__": {"json": "{}"}}), "but no checkpoint of tinygraph_rnn"),
    ],
)
def test_headers(tmp_path, content, message):
    (tmp_path / "c").write_bytes(content)
    if message == "damaged or no checkpoint":
        facts = json.dumps({"format": checkpoints.FORMAT})
        metadata = {"json": facts, "checksum": ""}
        names = {"parameters/x": entry(), "parameters/y": entry()}
        (tmp_path / "c").write_bytes(
            raw({"__metadata__": metadata, **names}, b"8" * 16)
        )
    with pytest.raises(CheckpointError, match=message):
        checkpoints.load(tmp_path / "c")


def test_a_terabyte_of_nothing_is_refused_at_once(path, good):
    facts = {**good[0], "format": checkpoints.FORMAT}
    big = entry((2**38,), offsets=(0, 2**40))
    content = raw(
        {
            "__metadata__": {"json": json.dumps(facts), "checksum": "0"},
            "parameters/embedding.weight": big,
        }
    )
    path.write_bytes(content)
    try:
        os.truncate(path, len(content) + 2**40)
    except OSError:
        pytest.skip("the file system holds no file of a terabyte")
    with pytest.raises(CheckpointError, match=r"embedding.weight is float32\[27487790"):
        SavedModel(path)


def test_numbers_that_are_none_do_no_harm(path, good):
    facts, arrays = good
    filled = {k: np.full_like(v, np.nan) if v.ndim else v for k, v in arrays.items()}
    forge(path, facts, filled)
    check_commands(path)


def test_tokens_of_another_vocabulary_are_made_anew(path, good):
    """Though the checksum beside them is theirs."""
    tokens = path.parent / "tokens.bin"
    before = tokens.read_bytes()
    for content in (b"\xff" * len(before), before + b"\x1e"):
        tokens.write_bytes(content)
        crc = f"{zlib.crc32(content):08x}"
        assert checksum(tokens) == crc
        forge(path, {**good[0], "text": {**good[0]["text"], "tokens": crc}}, good[1])
        assert outcome("evaluate", str(path.parent))[0] == 0
        assert tokens.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("name", [checkpoints.FILE_NAME, "tokens.bin"])
def test_nobody_waits_for_a_pipe(tmp_path, path, name):
    content = (path.parent / name).read_bytes()
    (path.parent / name).unlink()
    os.mkfifo(path.parent / name)
    try:
        for command in commands(path)[:3]:
            status, lines = outcome(*command)
            if name == checkpoints.FILE_NAME:
                assert (status, len(lines)) == (2, 1)
                assert lines[0].endswith("It is a pipe or a device")
    finally:
        (path.parent / name).unlink()
        (path.parent / name).write_bytes(content)


def test_in_little_memory(path, good, tmp_path):
    """The whole command, where two gigabytes of addresses are all there are."""
    pytest.importorskip("resource")
    given = []
    for i, sizes in enumerate(
        [
            *({"hidden_size": 8000}, {"hidden_size": 10**9}, {"num_layers": 10**6}),
            {"hidden_size": 8000, "num_layers": 10**6},
        ]
    ):
        forged = tmp_path / f"{i}.safetensors"
        forge(forged, changed(good[0], **sizes), good[1])
        given.append(json.dumps(["sample", str(forged), "--length", "2"]))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(MEGABYTES)],
        input="\n".join(given),
        env={**os.environ, "PYTHONPATH": str(Path(tg.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [status for status, _ in outcomes] == [2, 2, 2, 2]
    assert all(len(lines) == 1 for status, lines in outcomes if status)
