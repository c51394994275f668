"""Compiled code on disk, under the user's cache folder.

A file is named by a digest of all that it depends on, written beside its place and
moved there, so two processes may compile the same at once. What is damaged, or needs
symbols that are not there, is made again; where nothing can be written, nothing is. All
files together take at most `MOST` bytes: those that were not used for longest go first.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import llvmlite.binding as llvm

_HEADER = b"tinygraph native code 1\n"
MOST = 2**28
"""Bytes that all kept files may take together."""


def folder() -> Path | None:
    """Return where compiled code is kept; None where it is not.

    `TINYGRAPH_CACHE` says where, and "off" that nothing is kept; else a folder within
    the user's cache folder, which a user without a home has not.
    """
    own = os.environ.get("TINYGRAPH_CACHE")
    if own:
        return None if own == "off" else Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "tinygraph"
    try:
        return Path.home() / ".cache" / "tinygraph"
    except RuntimeError:
        return None


def get_or_make(facts: str, make: Callable[[], tuple[bytes, Sequence[str]]]) -> bytes:
    """Return the object code that is cached for these facts; else make and cache it.

    Args:
        facts: all that it depends on.
        make: gives the code, and the symbols that it needs.
    """
    name = hashlib.blake2b(facts.encode(), digest_size=20).hexdigest()
    place = folder()
    if place is None:
        return make()[0]
    path = place / f"{name}.o"
    code = _read(path)
    if code is None:
        code, needs = make()
        _write(path, code, needs)
    return code


def _read(path: Path) -> bytes | None:
    """Return the code kept at a path; None if there is none, or no good one."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if not data.startswith(_HEADER):
        return None
    head, _, code = data[len(_HEADER) :].partition(b"\n")
    try:
        facts = json.loads(head)
        digest, needs = facts["digest"], list(facts["needs"])
    except (ValueError, KeyError, TypeError):
        return None
    whole = digest == hashlib.blake2b(code).hexdigest()
    known = all(llvm.address_of_symbol(name) is not None for name in needs)
    if not (whole and known):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return code


def _write(path: Path, code: bytes, needs: Sequence[str]) -> None:
    facts = {"digest": hashlib.blake2b(code).hexdigest(), "needs": list(needs)}
    data = _HEADER + json.dumps(facts).encode() + b"\n" + code
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_room(path.parent, len(data))
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise


def _make_room(place: Path, size: int) -> None:
    """Remove the files that were not used for longest, until a new one fits."""
    found = []
    for path in place.glob("*.o"):
        with contextlib.suppress(OSError):
            about = path.stat()
            found.append((about.st_mtime_ns, about.st_size, path))
    total = size + sum(each for _, each, _ in found)
    for _, each, path in sorted(found):
        if total <= MOST:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        total -= each
