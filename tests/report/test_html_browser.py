"""The HTML report in a browser, opened from disk without a network. Where Chromium is missing, CI=1 makes it a failure."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from mmpsync.report.html import REPORT
from mmpsync.run import Run

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE, DESKTOP = (390, 844), (1280, 800)
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
HOSTILE = (
    "<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>",
    "\"'></title></style></script><svg onload=window.owned=1><a href='javascript:owned=1'>",
    "שלום עולם " * 20,
    "W" * 400,
)

in_both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])
on_both_screens = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


@dataclass
class Opened:
    """A report in a browser: what it logged, and what it asked for beside its own file."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., AbstractContextManager[Opened]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        missing = f"none of {', '.join(CHROMIUM)} is installed: apt-get install chromium"
        if os.environ.get("CI") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(measured: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(str(REPORT.render(measured)), "utf-8")
    return file


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Open:
    """Open a file from disk, the network off: `with opened(file, size=…, scheme=…) as found`."""

    @contextmanager
    def opened(
        file: Path,
        *,
        size: tuple[int, int] = DESKTOP,
        scheme: Any = "light",
        scripts: bool = True,
        fragment: str = "",
    ) -> Iterator[Opened]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            offline=True,
            java_script_enabled=scripts,
        )
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.console.append(message.text))
        found.page.on("pageerror", lambda error: found.console.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(f"{file.as_uri()}{fragment}")
        yield found
        context.close()

    return opened


@on_both_screens
@in_both_schemes
def test_it_opens_from_disk_asks_for_nothing_and_logs_nothing(
    opened: Open, file: Path, size: tuple[int, int], scheme: str
) -> None:
    with opened(file, size=size, scheme=scheme) as found:
        found.page.evaluate(OPEN_ALL)
        found.page.mouse.wheel(0, 10_000)
        assert found.requests == [file.as_uri()]
        assert found.console == []


def test_a_script_that_got_in_would_neither_run_nor_reach_anyone(opened: Open, file: Path) -> None:
    with opened(file) as found:
        found.page.evaluate(
            """() => {
                window.violations = [];
                addEventListener("securitypolicyviolation", (e) => violations.push(e.effectiveDirective));
                const script = document.createElement("script");
                script.textContent = "window.owned = 1";
                document.body.append(script);
                new Image().src = "http://192.0.2.1/canary";
                return fetch("http://192.0.2.1/canary").catch(() => 0);
            }"""
        )
        found.page.wait_for_function("violations.length >= 3")
        assert sorted(found.page.evaluate("violations")) == ["connect-src", "img-src", "script-src-elem"]
        assert found.page.evaluate("window.owned") is None


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_stands_in_the_data_does_nothing_and_breaks_nothing(
    measured: Run, spoil: Callable[[Run, str], Run], opened: Open, tmp_path: Path, hostile: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(str(REPORT.render(spoil(measured, hostile))), "utf-8")
    for size in (PHONE, DESKTOP):
        with opened(file, size=size) as found:
            found.page.evaluate(OPEN_ALL)
            assert found.page.evaluate("window.owned") is None
            assert found.requests == [file.as_uri()]
            assert found.console == []
            assert overflow(found.page) == []


@pytest.mark.parametrize("width", [320, 390, 600, 768, 1024, 1280, 1920])
def test_nothing_is_wider_than_the_screen(opened: Open, file: Path, width: int) -> None:
    with opened(file, size=(width, 900)) as found:
        found.page.evaluate(OPEN_ALL)
        assert overflow(found.page) == []


@on_both_screens
def test_the_first_screen_answers_without_scrolling(opened: Open, file: Path, size: tuple[int, int]) -> None:
    with opened(file, size=size) as found:
        for answer in (
            "Gate failed",
            "cannot be paid as they are",
            "Biggest problem: ClickId is missing",
            "Who can fix it: MMP set-up",
            "86.47%",
            "546,330.40 EUR",
        ):
            box = found.page.get_by_text(answer).first.bounding_box()
            assert box is not None, answer
            assert box["y"] + box["height"] <= size[1], answer


@on_both_screens
@in_both_schemes
def test_axe_finds_nothing_to_object_to(opened: Open, file: Path, size: tuple[int, int], scheme: str) -> None:
    with opened(file, size=size, scheme=scheme) as found:
        found.page.evaluate(OPEN_ALL)
        found.page.get_by_label("Filter").focus()
        result = Axe().run(found.page)
        assert result.response["violations"] == [], result.generate_report()
        assert {"color-contrast", "region", "landmark-one-main", "scrollable-region-focusable"} <= {
            rule["id"] for rule in result.response["passes"]
        }


@on_both_screens
def test_the_text_of_a_chart_stays_within_it_and_clear_of_other_text(
    opened: Open, file: Path, size: tuple[int, int]
) -> None:
    with opened(file, size=size) as found:
        assert found.page.locator(".drawing svg").count() == 9
        overlapping = found.page.evaluate(
            """() => [...document.querySelectorAll(".drawing svg")].flatMap((svg) => {
                const outer = svg.getBoundingClientRect();
                const texts = [...svg.querySelectorAll("text")].map((node) => [node, node.getBoundingClientRect()]);
                const out = texts.filter(([, box]) => box.left < outer.left - 1 || box.right > outer.right + 1);
                const over = texts.filter(([, a], n) => texts.some(([, b], m) =>
                    m > n && a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom));
                return [...out, ...over].map(([node]) => node.textContent);
            })"""
        )
        assert overlapping == []


def test_the_filter_shows_rows_with_all_words_and_says_how_many(opened: Open, file: Path) -> None:
    with opened(file) as found:
        rows = found.page.locator(".examples tbody tr")
        shown = rows.locator("visible=true")
        count = found.page.get_by_role("status")
        total = rows.count()
        assert total == 10
        assert shown.count() == total
        field = found.page.get_by_label("Filter")
        field.fill("ORPHAN-click-id")
        assert shown.count() == 1
        assert shown.inner_text().startswith("No click has this ClickId")
        assert count.inner_text() == f"1 of {total} shown"
        field.fill("install unexpanded")
        assert shown.count() == 1
        field.fill("nobody has this")
        assert count.inner_text() == f"0 of {total} shown"
        field.fill("")
        assert shown.count() == total
        assert found.console == []


def test_it_is_whole_without_scripts(opened: Open, file: Path) -> None:
    with opened(file, scripts=False) as found:
        assert found.page.locator(".examples tbody tr").locator("visible=true").count() == 10
        assert not found.page.get_by_label("Filter").is_visible()
        meaning = found.page.locator("#missing-click-id dl")
        assert not meaning.is_visible()
        found.page.locator("#missing-click-id summary").click()
        assert meaning.is_visible()


def test_a_reason_opens_where_a_link_names_it(opened: Open, file: Path) -> None:
    with opened(file, fragment="#orphan-click-id") as found:
        assert found.page.locator("#orphan-click-id dl").is_visible()
        for _ in range(2):  # also when it was closed by hand and the address stays the same
            found.page.locator(".broken").get_by_role("link", name="ClickId is missing").click()
            found.page.locator("#missing-click-id dl").wait_for()
            found.page.locator("#missing-click-id summary").click()


def test_a_keyboard_is_enough(opened: Open, file: Path) -> None:
    with opened(file) as found:
        found.page.keyboard.press("Tab")
        assert found.page.evaluate("document.activeElement.textContent") == "Skip to the report"
        found.page.keyboard.press("Enter")
        reached: list[str] = []
        for _ in range(400):
            found.page.keyboard.press("Tab")
            focused = found.page.evaluate(
                """() => {
                    const node = document.activeElement;
                    if (node === document.body) return null;
                    return [node.tagName, getComputedStyle(node).outlineStyle, node.closest("nav") !== null];
                }"""
            )
            if focused is None:
                break
            tag, outline, in_navigation = focused
            assert outline == "solid", tag
            assert not in_navigation
            reached.append(tag)
        assert {"A", "SUMMARY", "INPUT", "SECTION"} <= set(reached)
        assert reached.count("SUMMARY") == found.page.locator("summary").count()
        summary = found.page.locator("#missing-click-id summary")
        summary.focus()
        found.page.keyboard.press("Enter")
        assert found.page.locator("#missing-click-id dl").is_visible()


@in_both_schemes
def test_print_is_dark_on_white_and_shows_what_is_closed(opened: Open, file: Path, scheme: str) -> None:
    with opened(file, scheme=scheme) as found:
        found.page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
        assert background(found.page) == "rgb(255, 255, 255)"
        for hidden in ("nav", ".filter", ".skip"):
            assert not found.page.locator(hidden).is_visible()
        assert found.page.locator("#missing-click-id dl").is_visible()
        found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert found.page.locator("details:not([open])").count() == 0
        found.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert found.page.locator("details[open]").count() == 0
        assert found.page.pdf(format="A4").startswith(b"%PDF")


def test_it_is_dark_where_that_is_wanted(opened: Open, file: Path) -> None:
    with opened(file, scheme="light") as light, opened(file, scheme="dark") as dark:
        assert background(light.page) == "rgb(255, 255, 255)"
        assert background(dark.page) == "rgb(20, 23, 27)"


def background(page: Page) -> str:
    found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def overflow(page: Page) -> list[str]:
    """Name what reaches beyond the right edge of the window, other than in boxes that scroll by themselves."""
    found: list[str] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const wide = [...document.querySelectorAll("body *")].filter((node) =>
                !node.closest(".wide > *, .scroll > *") && node.getBoundingClientRect().right > width + 1);
            const names = wide.map((node) => `${node.tagName}.${node.getAttribute("class")} ${node.textContent}`);
            return document.documentElement.scrollWidth > width ? ["the page", ...names] : names;
        }"""
    )
    return found
