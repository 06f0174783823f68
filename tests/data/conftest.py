import http.server
import threading

import pytest
from made_data import Handler


@pytest.fixture(autouse=True)
def own_environment(tmp_path, monkeypatch):
    """No test sees the learner's data or cache, and none asks a proxy for 127.0.0.1."""
    monkeypatch.delenv("CONVLAB_DATA", raising=False)
    monkeypatch.setenv("CONVLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def own_data(tmp_path, monkeypatch):
    """A folder that CONVLAB_DATA names."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("CONVLAB_DATA", str(folder))
    return folder


@pytest.fixture
def server():
    """A web server on this machine: `server.pages[path] = Page(...)`, `server.address + path`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.pages = {}
        running.address = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()
