"""What keeps people out of a page, as axe finds it.

Two things are not looked for twice. The navigation is the same on every page: one that has
been looked at just so is passed over. And of the rules only those of ``OF_A_LOOK`` can answer
otherwise when the same page is shown in another width and theme.
"""

import re
from collections.abc import Sequence

from playwright.sync_api import Page

from imiconnect import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: Rules about colours, sizes and what overflows.
OF_A_LOOK = (
    "color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size",
)  # fmt: skip
#: What differs each time that the same page is drawn: the token of a form, the number of a
#: request, and where a choice of theme leads back to.
OF_A_REQUEST = re.compile(
    r'\b[A-Za-z0-9]{64}\b|<code>[0-9a-f]{16}</code>|name="next" value="[^"]*"'
)
_NAVIGATION = "header.sidebar"
#: The navigation, as it was, at which this process has looked already.
_known: set[tuple[str, ...]] = set()

_STATE = f"""() => [
  'axe' in window,
  String(innerWidth),
  document.documentElement.dataset.bsTheme ?? '',
  document.querySelector('{_NAVIGATION}')?.outerHTML ?? '',
]"""
# Stylesheets are not fetched anew each time, as one rule on locked orientation would want.
_RUN = """([exclude, runOnly]) => axe.run(
  exclude ? {exclude: [[exclude]]} : document,
  {runOnly, resultTypes: ['violations'], preload: false},
).then(found => found.violations.flatMap(({id, nodes}) => nodes.map(node =>
  `${id}: ${node.html.slice(0, 200)} (${node.failureSummary.slice(0, 300)})`
)))"""


def axe_findings(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return a line for each finding of axe on the page as it is now.

    All rules of ``TAGS`` are tried; or those that are named, where the navigation is known.
    """
    # A click has waited for the answer, not for all of the page.
    page.wait_for_load_state()
    is_there, *state = page.evaluate(_STATE)
    if not is_there:
        page.evaluate(AXE.read_text())
    navigation = (*state[:2], OF_A_REQUEST.sub("", state[2]))
    is_known = navigation in _known
    few = rules and is_known
    wanted = {"type": "rule", "values": rules} if few else {"type": "tag", "values": TAGS}
    lines: list[str] = page.evaluate(_RUN, [is_known and _NAVIGATION, wanted])
    if not lines:
        _known.add(navigation)
    return lines
