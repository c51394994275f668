"""What tests of pages do in a browser, as a hand does it, and what they see."""


def slide(page, steps):
    """Move the slider as a hand does."""
    page.locator("#page-steps").fill(str(steps))


def count(page, selector):
    return page.locator(selector).count()


def frames(page):
    return page.locator("g.frame text").all_text_contents()


def names(page):
    return page.locator("g.node text").all_text_contents()
