"""What axe says about the accessibility of a page in a browser."""

import json
from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parents[1] / "browser" / "vendor" / "axe.min.js").read_text()


def serious(page: Page) -> list[str]:
    """What it finds serious or critical, with the elements."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document)")["violations"]
    return [
        f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
