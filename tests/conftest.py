"""What holds for every test: not the cache of the user counts, nor what a hook or job says in which the tests run."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONELINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache") / "zonelint"))


@pytest.fixture(autouse=True)
def _outside_of_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PRE_COMMIT", "GITHUB_", "GITLAB_", "CI_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
