"""The reference tells every public name once, and each has words to be told by."""

import inspect

import pytest

import tinygraph as tg
from docs.site import public
from tests.docs.pages import script

PAGES = sorted(public.PAGES.glob("*.md"))
TOLD = [n for page in PAGES for n in public.names_in(page.read_text("utf-8"))]


def test_every_public_name_has_one_place():
    assert len(TOLD) == len(set(TOLD)), "a name is told twice"
    there = set(public.public_names())
    assert not there - set(TOLD), "give these a place in docs/reference"
    assert not set(TOLD) - there, "no such names"


def test_the_first_page_lists_every_other():
    text = (public.PAGES / "README.md").read_text("utf-8")
    for page in PAGES:
        assert page.name == "README.md" or f"]({page.name})" in text, page


BASES = {"tg.FeedError", "tg.GradientError"}
BETWEEN_PROCESSES = {"rnn.DistributedError"}


def is_error(name):
    thing = public.thing_of(name)
    return inspect.isclass(thing) and issubclass(thing, Exception)


@pytest.mark.parametrize(
    "name", sorted({n for n in TOLD if is_error(n)} - BASES - BETWEEN_PROCESSES)
)
def test_every_error_is_shown_as_it_is_met(name):
    page = (public.PAGES / "errors.md").read_text("utf-8")
    shown = page.partition(f"\n{name}\n")[2].partition("```{names}")[0]
    assert f"\n{name.partition('.')[2]}: " in shown


def test_what_the_errors_say_is_up_to_date():
    stale = script("printed").difference(public.PAGES / "errors.md")
    assert not stale, f"run python docs/printed.py --write\n{stale}"


@pytest.mark.parametrize(
    "name",
    [n for n in TOLD if not callable(public.thing_of(n)) and n != "tg.REPLICATE"],
)
def test_what_is_no_function_has_words(name):
    pytest.importorskip("sphinx", reason="needs the package sphinx")
    assert public.words_of(name)


def test_names_in_a_page_are_found():
    page = "# A\n\n```{names}\ntg.grad\ntg.vjp\n```\n\n```python\ntg.jvp\n```\n"
    assert public.names_in(page) == ["tg.grad", "tg.vjp"]
    assert public.thing_of("testing.check_vjp").__name__ == "check_vjp"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        public.thing_of("tg.nothing")


def test_what_is_public():
    assert public.is_public(tg.Node)
    assert not public.is_public(inspect.Signature)


def test_the_table_of_ops_tells_what_they_declare():
    pytest.importorskip("sphinx", reason="needs the package sphinx")
    from docs.site import op_table

    rows = {cells[0]: cells[1:] for cells in op_table.rows()}
    assert len(rows) == sum(not op.leaf for op in tg.REGISTRY.values()) - 1
    tanh = rows["{py:obj}`tanh <tinygraph.tanh>`"]
    assert tanh == ("`np.tanh`", "vjp and jvp", "its kernel", "yes")
    take = rows["{py:obj}`take <tinygraph.take>`"]
    assert take == (
        *("`np.take`", "vjp and jvp; zero in operand 2"),
        *("a rule of its own", "yes"),
    )
    assert rows["{py:obj}`last <tinygraph.last>`"][-1] == "outside every loop"
    assert rows["{py:obj}`transpose <tinygraph.transpose>`"][-1] == "read in place"
    assert rows["max_n"][-1] == "NumPy's kernel"
