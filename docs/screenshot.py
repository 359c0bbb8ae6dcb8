"""Take docs/report.png anew: python docs/screenshot.py REPORT.html, of the sample exports. Needs Chromium."""  # noqa: INP001

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH = 1200


def main() -> None:
    """Show the report as far as its first charts, in a font that every Linux has."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": WIDTH})
        page.goto(Path(sys.argv[1]).resolve().as_uri())
        page.evaluate("document.body.style.fontFamily = 'Liberation Sans'")
        charts = page.locator(".quarters").bounding_box()
        assert charts
        height = round(charts["y"] + charts["height"]) + 24
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.screenshot(path=Path(__file__).with_name("report.png"))
        browser.close()


main()
