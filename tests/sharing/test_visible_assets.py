"""The visible apps are read in as many queries, however many apps and teams there are."""

import pytest

from tests.bench import sharing


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow() -> None:
    small, large = sharing.run(apps=2000, runs=2), sharing.run(apps=6000, runs=2)
    assert small["visible_assets_queries"] == large["visible_assets_queries"] <= 3
