"""What holds for every test: none of them uses the cache of the user who runs it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONELINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache") / "zonelint"))
