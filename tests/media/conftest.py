"""Fixtures for the tests of media."""

import os

import pytest

from tests.media.damage import Clips
from tests.media.forked import ForkedPool


@pytest.fixture(scope="session")
def forked_pool():
    """A pool that starts no Python for each piece of work."""
    with ForkedPool(waiting=1000) as pool:
        yield pool


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """The clips of the corpus, each made once for all processes that run tests side by side."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= "clips"
    folder.mkdir(exist_ok=True)
    return Clips(folder)
