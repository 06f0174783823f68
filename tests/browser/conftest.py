"""The learner's course in JupyterLab in a browser: started by `convlab lab`, read and used through Chromium.

Needs Playwright for Python and a Chromium: the one that CONVLAB_CHROMIUM names, else one on the PATH.
"""

import contextlib
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
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
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
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
DONE = """count => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent.trim());
    return prompts.length === count && prompts.every(prompt => /^\\[\\d+\\]:$/.test(prompt));
}"""


class Lab(NamedTuple):
    """A running JupyterLab: its address, and the learner's folder."""

    address: str
    course: Path

    def open(self, page, notebook):
        "show a notebook, and wait until its kernel is up and its last cell there"
        cells = json.loads((self.course / notebook).read_text(encoding="utf-8"))["cells"]
        count = sum(cell["cell_type"] == "code" for cell in cells)
        page.goto(f"{self.address}/lab/tree/{notebook}?reset")
        page.locator(".jp-CodeCell").nth(count - 1).wait_for(state="attached")
        page.get_by_text(re.compile(r"\| Idle$")).wait_for()  # the status bar
        return count

    def run_all(self, page, notebook):
        "show a notebook, run it, and wait until every cell has its number; nothing may fail or warn"
        count = self.open(page, notebook)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(DONE, arg=count)
        assert page.locator(ERRORS).all_inner_texts() == []


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


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """`convlab lab`, with a home of its own."""
    home = tmp_path_factory.mktemp("lab")
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
            yield Lab(f"http://127.0.0.1:{port}", home / "course")
        finally:
            stop(server)


def command(home, port):
    options = [
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--IdentityProvider.token=",
        "--LabApp.news_url=None",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    lab = ["lab", str(home / "course"), "--no-browser", "--port", str(port), "--", *options]
    return [sys.executable, "-m", "convlab", *lab]


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
    """End `convlab lab`, its JupyterLab and the kernels: they are one process group."""
    os.killpg(server.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
