"""Every notebook is executed in each build, in a fork of one process.

A kernel a page spends most of its time on imports that all pages share. So one process
imports them, and each page runs in a fork of it, as separate from all others as in a
kernel. What the cells show is handed to the parser as its cache, of this build alone.
"""

import multiprocessing
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

LONGEST = 300.0
"""Seconds that a page may run."""


def connect(app: Any) -> None:
    """Execute before pages are read."""
    app.connect("config-inited", choose_folder)
    app.connect("env-before-read-docs", execute_pages)


def choose_folder(app: Any, config: Any) -> None:
    """Keep what is executed beside the trees of the pages, not beside other sites."""
    config.nb_execution_cache_path = str(Path(app.doctreedir) / "executed")


def execute_pages(app: Any, env: Any, names: list[str]) -> None:
    """Execute the notebooks among the pages that will be read."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    if env.mystnb_config.execution_mode != "cache":
        return
    folder = Path(env.mystnb_config.execution_cache_path)
    shutil.rmtree(folder, ignore_errors=True)
    cache = get_cache(folder)
    paths = [Path(env.doc2path(name)) for name in sorted(names)]
    for path, notebook in executed(paths, app.parallel):
        bundle = CacheBundleIn(notebook, str(path))
        cache.cache_notebook_bundle(bundle, overwrite=True)


def executed(paths: list[Path], jobs: int = 1) -> Iterator[tuple[Path, Any]]:
    """Yield the notebooks among some pages, with outputs; `jobs` run at a time.

    Raises:
        SphinxError: a cell failed, the process of a page ended, or it took too long.
    """
    from myst_nb.core import read

    texts = {path: path.read_text("utf-8") for path in paths}
    pages = {
        path: read.read_myst_markdown_notebook(text, path=path)
        for path, text in texts.items()
        if read.is_myst_markdown_notebook(text)
    }
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        yield from zip(pages, pool.map(execute, pages, pages.values()), strict=True)


def execute(path: Path, notebook: Any) -> Any:
    """Return a notebook with its outputs, executed in a process of its own."""
    from sphinx.errors import SphinxError

    methods = multiprocessing.get_all_start_methods()
    method = "forkserver" if "forkserver" in methods else "spawn"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload(["docs.site.shell"])
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(notebook, str(path.parent), sender))
    process.start()
    sender.close()
    told = f"it runs for longer than {LONGEST:g} seconds"
    try:
        done = receiver.recv() if receiver.poll(LONGEST) else told
    except EOFError:
        done = "its process ended"
    process.kill()
    process.join()
    receiver.close()
    if isinstance(done, str):
        raise SphinxError(f"{path}: {done}")
    return done


def run(notebook: Any, folder: str, sender: Any) -> None:
    """Run in a folder and send what becomes of it: in a fork, all is imported."""
    from docs.site import shell

    shell.run(notebook, folder, sender)
