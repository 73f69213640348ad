"""A hub of its own for each test that asks for one."""

import pytest
from tests.make.hubs import RunningHub


@pytest.fixture
def hub(tmp_path):
    running = RunningHub(tmp_path / "hub")
    yield running
    running.stop()
