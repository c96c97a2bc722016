"""Twenty runs in which something is killed at random moments end in the same bytes."""

import kill_loop
import pytest
from workflow import CONFIG

TINY = {**CONFIG, "points_per_job": 2}


@pytest.mark.slow
def test_twenty_runs_with_random_kills(kill_seed, capsys):
    """The seed is another one each time, and stands at the end of what pytest says."""
    kill_loop.main(20, kill_seed, TINY)
