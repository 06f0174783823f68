"""Lesson 03 in JupyterLab in a browser: it runs, and the explorer answers to the keyboard.

Needs Playwright for Python and a Chromium: the one that CONVLAB_CHROMIUM names, else one on the PATH.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "notebooks" / "03_convolution.ipynb"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page, seen or not
}
PATIENCE = 90.0  # seconds

pytestmark = pytest.mark.browser


def chromium():
    named = os.environ.get("CONVLAB_CHROMIUM")
    if named:
        assert Path(named).is_file(), f"CONVLAB_CHROMIUM names {named}, where there is no browser"
        return named
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def page():
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
    browser_path = chromium()
    if browser_path is None:
        pytest.skip("no Chromium on the PATH; name one in CONVLAB_CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the lesson, with a home of its own: its address."""
    home = tmp_path_factory.mktemp("lab")
    (home / "course" / "notebooks").mkdir(parents=True)
    shutil.copy(LESSON, home / "course" / "notebooks")
    for name, settings in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home / "log.txt").open("wb") as log:
        server = subprocess.Popen(
            command(home, port), env=environment(home), stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server, home / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(server)


def command(home, port):
    options = [
        "--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={home / 'course'}", "--IdentityProvider.token=", "--LabApp.news_url=None",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return [sys.executable, "-m", "jupyterlab", *options]


def environment(home):
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    folders |= {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    own = {name: str(home / folder) for name, folder in folders.items()}
    own |= {"CONVLAB_PROGRESS": str(home / "progress.json"), "PYTHONPATH": str(ROOT)}
    return {name: value for name, value in os.environ.items() if name != "CONVLAB_DATA"} | own


def wait_for(address, server, log):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, f"JupyterLab stopped:\n{log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"JupyterLab does not answer:\n{log.read_text()[-2000:]}"
            time.sleep(0.3)


def stop(server):
    """End the server, and with it its kernels: they are its own process group."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(5)


def run_all(page):
    """Run > Run All Cells, and wait until every cell has its number and the explorer stands there."""
    count = len([cell for cell in json.loads(LESSON.read_text())["cells"] if cell["cell_type"] == "code"])
    page.locator(".jp-CodeCell").nth(count - 1).wait_for(state="attached")
    page.get_by_text(re.compile(r"\| Idle$")).wait_for()  # the status bar: the kernel is up
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """count => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent.trim());
            const done = prompts.length === count && prompts.every(prompt => /^\\[\\d+\\]:$/.test(prompt));
            return done && document.querySelector('.widget-slider');
        }""",
        arg=count,
    )


def test_the_lesson_runs_and_its_explorer_follows_the_keyboard(page, lab):
    page.goto(f"{lab}/lab/tree/notebooks/03_convolution.ipynb")
    run_all(page)
    errors = page.locator(
        "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
    )
    assert errors.all_inner_texts() == []

    explorer = page.locator(".jp-OutputArea-output", has=page.locator(".widget-slider")).first
    explorer.scroll_into_view_if_needed()
    picture = explorer.locator("img[alt^='Cross-correlation']")
    before = picture.get_attribute("src")
    row, column, total = said(explorer)

    explorer.locator(".widget-slider", has_text="row").locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    explorer.get_by_text(f"output[{row + 2}, {column}] =").wait_for()
    explorer.locator(f"img[alt*='row {row + 2}, column {column}:']").wait_for()
    assert picture.get_attribute("src") != before
    assert said(explorer)[2] != total

    explorer.get_by_role("button", name="true convolution, kernel turned").focus()
    page.keyboard.press("Enter")
    explorer.locator("img[alt^='True convolution']").wait_for()


def said(explorer):
    """Row, column and sum as the sentence under the picture gives them."""
    text = explorer.get_by_text(re.compile(r"^output\[\d+, \d+\] =")).inner_text()
    row, column = map(int, re.search(r"\[(\d+), (\d+)\]", text).groups())
    return row, column, text.split("=")[-1].strip()
