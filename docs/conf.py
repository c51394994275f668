"""What Sphinx is told: MyST notebooks, executed; nothing is fetched from a network.

`python -m docs.build` builds the site; a plain `sphinx-build` of this folder does too.
"""

import os
import sys
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
sys.path.insert(0, str(ROOT))
paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
os.environ["PYTHONPATH"] = os.pathsep.join(paths)  # for the kernels of notebooks
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MATPLOTLIBRC"] = str(FOLDER / "site" / "matplotlibrc")
warnings.filterwarnings("ignore", category=DeprecationWarning, module="myst_nb")

project = "tinygraph"
author = "The tinygraph authors"
copyright = "the tinygraph authors"
extensions = ["myst_nb", "docs.site.extension"]
exclude_patterns = ["site", "_build"]
language = "en"
pygments_style = "friendly"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 4
myst_update_mathjax = False
nb_execution_mode = "cache"  # filled anew in each build: docs/site/notebooks.py
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
nb_output_stderr = "remove-warn"

html_theme = "furo"
html_title = "tinygraph"
html_math_renderer = "mathml"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_js_files = [("drawings.js", {"priority": 100})]
"""Before what marks the words of a search, which it keeps out of drawings."""
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False
"""Summaries are fetched, and nothing can be fetched from the file system."""
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1565c0"},
    "dark_css_variables": {"color-brand-primary": "#82b1ff"},
}
