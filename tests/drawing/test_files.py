"""Files are whole or not there, and a link is never written through."""

import contextlib
import os

import pytest

import tinygraph as tg


def write(path, content=b"new"):
    with tg.atomic_file(path) as file:
        file.write(content)


def test_a_new_file_has_the_usual_rights_and_nothing_beside_it(tmp_path):
    write(tmp_path / "file")
    (tmp_path / "usual").touch()
    rights = [(tmp_path / name).stat().st_mode for name in ("file", "usual")]
    assert rights[0] == rights[1]
    assert sorted(os.listdir(tmp_path)) == ["file", "usual"]


def test_a_link_is_replaced_and_its_target_is_left_alone(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"precious")
    link.symlink_to(target)
    write(link)
    assert (target.read_bytes(), link.read_bytes()) == (b"precious", b"new")
    assert not link.is_symlink()


def test_a_link_to_nowhere_makes_nothing_there(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    write(tmp_path / "link")
    assert os.listdir(tmp_path) == ["link"]


def test_what_goes_wrong_leaves_the_old_file(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with (
        contextlib.suppress(KeyboardInterrupt),
        tg.atomic_file(tmp_path / "file") as file,
    ):
        file.write(b"half")
        raise KeyboardInterrupt
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_long_names_can_be_written(tmp_path):
    write(tmp_path / ("x" * 255))
    assert (tmp_path / ("x" * 255)).read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_replaced_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_file()


def test_the_null_device_stays_one():
    write(os.devnull)
    assert os.path.exists(os.devnull)
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("suffix", ["dot", "svg", "html"])
@pytest.mark.dot
def test_drawings_do_not_write_through_links(tmp_path, suffix):
    (tmp_path / "target").write_text("precious")
    link = tmp_path / f"picture.{suffix}"
    link.symlink_to(tmp_path / "target")
    drawing = tg.draw(tg.tanh(tg.sequence("x", (2,))))
    drawing.save(link)
    assert (tmp_path / "target").read_text() == "precious"
    assert link.stat().st_size > 100
