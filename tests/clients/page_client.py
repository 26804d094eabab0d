#!/usr/bin/env python3
"""Chromium, driven by selenium, reads the page of `affiant diff --format html` from a file, as a reviewer would."""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tool

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]
HOSTILE = "</script><img src=x onerror=\"document.title='run'\"><!-- <b>bold</b> &amp; javascript:alert(1) ' \" \\"
MANY = 100_000
MOST_DRAWN = 100


def in_the_tests_python():
    """Goes on in the tests' own Python, which has what install.sh brought."""
    python = tool.TARGET / "venv" / "bin" / "python3"
    if python.exists() and Path(sys.prefix) != tool.TARGET / "venv":
        sys.exit(subprocess.call([python, *sys.argv]))


class Browser:
    """A headless browser with a profile of its own, and what it reports."""

    def __init__(self, webdriver, width, height):
        self.profile = tempfile.TemporaryDirectory(prefix="affiant-browser-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = tool.find("chromium")
        for flag in [*FLAGS, f"--window-size={width},{height}", f"--user-data-dir={self.profile.name}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(tool.find("chromedriver")))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self.profile.cleanup()

    def open(self, page, address=""):
        """Opens a page afresh; how many seconds it took."""
        self.driver.get("about:blank")
        self.requests()
        before = time.monotonic()
        self.driver.get(page.as_uri() + address)
        return time.monotonic() - before

    def go(self, address):
        """Follows a link within the page."""
        self.run("location.hash = arguments[0]", address)
        self.settle()

    def settle(self):
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def choose(self, control, value):
        """Sets a filter as a hand would: the control says that it was changed."""
        self.run("const control = document.getElementById(arguments[0]); control.value = arguments[1];"
                 "control.dispatchEvent(new Event('input', { bubbles: true }))", control, value)
        time.sleep(0.4)
        self.settle()

    def listed(self):
        """The fingerprints of all that was found, read while scrolling through the list."""
        read = "return [...document.querySelectorAll('article')].map((article) => article.id)"
        listed, at = set(), -1
        self.run("scrollTo(0, 0)")
        while (height := self.run("return scrollY")) > at:
            at = height
            listed.update(self.run(read))
            self.run("scrollBy(0, innerHeight)")
            self.settle()
        return listed | set(self.run(read))

    def resize(self, width):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def requests(self):
        """The addresses asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"].partition("#")[0] for params in sent]

    def complaints(self):
        """What stands in the console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


def write(page, *sides):
    """Writes the page of a diff."""
    page.write_bytes(tool.must(tool.AFFIANT, "diff", *sides, "--format", "html", "--limit", "0").stdout)


def changes_between(*sides):
    """The changes that the page has to show."""
    lines = tool.must(tool.AFFIANT, "diff", *sides, "--format", "jsonl", "--limit", "0").stdout.splitlines()
    return [change for change in map(json.loads, lines) if "fingerprint" in change]


def rows_of(page):
    """The rows that a page holds; what they say is held against the diff's own lines on smaller pages."""
    pieces = re.findall(r'<script type="application/json" class="changes">(.*?)</script>', page.read_text(), re.DOTALL)
    return [row for piece in pieces for row in json.loads(piece)]


def workload(folder, claims, sources, *more):
    tool.must("cargo", "run", "--release", "--quiet", "--example", "workload", "--", "--claims", claims,
              "--sources", sources, "--out", folder, *more, cwd=tool.ROOT)
    return folder


def spoil(dataset):
    """Hostile words in a claim's note and in an event's label, and one claim fewer."""
    claims = dataset / "claims" / "example.jsonl"
    first, _ = [json.loads(line) for line in claims.read_text().splitlines()]
    first["note"] = HOSTILE
    claims.write_text(json.dumps(first) + "\n")
    events = dataset / "events.jsonl"
    label = {"id": "hostile-event", "label": HOSTILE, "when": "2026-05-02"}
    events.write_text(events.read_text().rstrip("\n") + "\n" + json.dumps(label) + "\n")


def reads_a_small_page(checks, browser, folder):
    page = folder / "small.html"
    with tool.Workshop() as workshop:
        spoil(workshop.dataset)
        sides = (workshop.release, workshop.dataset)
        write(page, *sides)
        changes = changes_between(*sides)
    browser.open(page)
    checks.expect("asks for the page and nothing else", browser.requests() == [page.as_uri()])
    checks.expect("has nothing to complain about", browser.complaints() == [])
    checks.expect("lists every change", browser.count("article") == len(changes) and browser.count("article h3") > 2)
    shown = browser.text(".list")
    checks.expect("shows hostile text as text", shown.count(HOSTILE) == 2 and browser.count("img, .list b > *") == 0)
    checks.expect("runs nothing of it", "run" not in browser.run("return document.title").split())
    browser.run("const script = document.createElement('script'); script.textContent = 'document.title = \"run\"';"
                "document.body.append(script)")
    checks.expect("would run no other script", browser.run("return document.title") != "run")
    refused = browser.complaints()
    checks.expect("says that its policy forbids it", len(refused) == 1 and "Content Security Policy" in refused[0])


def whole(change):
    """The claim that a change is about: as it is now, or as it was."""
    return change.get("claim") or (change["patch"][0]["value"] if change["kind"] == "claim" else None)


def sources(claim):
    return claim.get("sources") or [anchor["capture"].rpartition(".")[0] for anchor in claim["at"]]


def voices(claim):
    return [voice if isinstance(voice, str) else voice["agent"] for voice in claim["by"]]


def filters(checks, browser, page, changes):
    def found():
        return int(browser.text(".count").split(" ")[0].replace(",", ""))

    def counts(what, changes):
        checks.expect(f"{what}: {len(changes)}", found() == len(changes) > 0)

    browser.open(page)
    counts("finds all changes", changes)
    of_class = [change for change in changes if "C10" in change["classes"]]
    browser.go("#class=C10")
    counts("filters by class", of_class)
    claims = [change for change in changes if whole(change)]
    chained = next(whole(change) for change in claims if len(voices(whole(change))) > 1)
    event, source = chained["event"], sources(chained)[0]
    outer, root = voices(chained)[0], voices(chained)[-1]
    wants = [("event", event, lambda claim: claim["event"] == event),
             ("source", source, lambda claim: source in sources(claim)),
             ("root", root, lambda claim: voices(claim)[-1] == root),
             ("voice", outer, lambda claim: outer in voices(claim))]
    # A change is found under the earlier event, voice or source too.
    steady = [change for change in claims if not {"C11", "E02"} & {*change["classes"]}]
    for control, value, is_meant in wants:
        wanted = [change for change in steady if is_meant(whole(change))]
        browser.go("#")
        browser.choose(control, value)
        listed = browser.listed()
        holds_wanted = {change["fingerprint"] for change in wanted} <= listed
        checks.expect(f"filters by {control}: {len(wanted)} of {found()}", holds_wanted and len(listed) == found())
        checks.expect(f"leaves out the rest by {control}", 0 < found() < len(changes))
        address = browser.run("return location.hash")
        checks.expect(f"writes the {control} into the address", address == f"#{control}={value}")
    event = whole(of_class[0])["event"]
    browser.go(f"#class=C10&event={event}")
    counts("combines filters", [change for change in of_class if whole(change)["event"] == event])
    one = changes[-1]["fingerprint"]
    browser.go("#")
    browser.choose("words", one)
    checks.expect("finds a fingerprint by its words", found() == 1 and browser.text("article .fingerprint") == one)
    browser.run("document.querySelector('.reset').click()")
    browser.settle()
    counts("resets", changes)
    browser.open(page, f"#{one}")
    browser.settle()
    top = "return document.activeElement.id === arguments[0] ? document.activeElement.getBoundingClientRect().top : -1"
    checks.expect("opens a link at its change", 0 <= browser.run(top, one) < 900)
    for width in (360, 1600):
        browser.resize(width)
        browser.settle()
        checks.expect(f"fits {width} pixels", browser.run("return document.documentElement.scrollWidth") <= width)
    browser.resize(1280)


def bears_many(checks, browser, page):
    rows = rows_of(page)
    wanted = f"{len(rows):,} changes"
    browser.open(page)
    mib = page.stat().st_size >> 20
    checks.expect(f"loads {wanted} in {mib} MiB", len(rows) >= MANY and browser.text(".count") == wanted)
    checks.expect("holds only what is in sight", browser.count("article") < MOST_DRAWN)
    some = rows[len(rows) * 2 // 3]
    browser.go(f"#{some[4]}")
    checks.expect("finds one far down", browser.run("return document.activeElement.id") == some[4])
    browser.go("#class=C10")
    count = sum("C10" in row[3] for row in rows)
    checks.expect(f"filters them: {count:,}", browser.text(".count") == f"{count:,} of {wanted}")
    browser.go(f"#words={some[2]}")
    checks.expect("searches them", some[2] in browser.text(".list") and browser.count("article") < MOST_DRAWN)
    checks.expect("asks for its page and nothing else", browser.requests() == [page.as_uri()])
    checks.expect("complains of nothing", browser.complaints() == [])


def main():
    in_the_tests_python()
    for client in ["chromium", "chromedriver"]:
        if tool.find(client) is None:
            tool.not_run("page", f"no {client} on this machine")
    try:
        from selenium import webdriver
    except ImportError:
        tool.not_run("page", "no selenium on this machine")
    checks = tool.Checks("page")
    with tempfile.TemporaryDirectory(prefix="affiant-page-") as name, Browser(webdriver, 1280, 900) as browser:
        folder = Path(name)
        reads_a_small_page(checks, browser, folder)
        small = workload(folder / "small", 2_000, 20, "--edits", 1_000)
        page = folder / "edits.html"
        write(page, small / "v1", small / "v2")
        filters(checks, browser, page, changes_between(small / "v1", small / "v2"))
        large = workload(folder / "large", MANY, 500, "--no-v2")
        page = folder / "many.html"
        write(page, small / "v1", large / "v1")
        bears_many(checks, browser, page)
    checks.end()


if __name__ == "__main__":
    main()
