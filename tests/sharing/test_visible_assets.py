"""The visible apps are read in as many queries, however many apps and teams there are."""

import pytest

from tests.bench import sharing


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow() -> None:
    small, large = (sharing.measure(sharing.build(apps), 2) for apps in (2000, 6000))
    assert small["visible_assets_queries"] == large["visible_assets_queries"] == 2
