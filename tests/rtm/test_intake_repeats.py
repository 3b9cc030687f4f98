"""Requests that come twice, together, too fast, or while something is broken."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from django.utils import timezone
from psycopg_pool import PoolTimeout

from imiconnect.rtm.intake.gather import MUCH, Gatherer
from imiconnect.rtm.intake.limits import RateLimit
from imiconnect.rtm.models import IdempotencyKey, Message
from imiconnect.sharing.models import Service

URL = "/resources/v1/messaging"
Make = Callable[..., dict[str, Any]]


@pytest.mark.django_db(transaction=True)
def test_the_same_request_gets_the_same_answer(
    service: Service, intake: Any, order: Make
) -> None:
    answers = [
        intake.post(URL, json=order(), headers={"idempotency-key": "k1"}) for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_used_key_with_another_body_is_refused(
    service: Service, intake: Any, order: Make
) -> None:
    headers = {"idempotency-key": "k1"}
    intake.post(URL, json=order(), headers=headers)
    response = intake.post(URL, json=order(priority=1), headers=headers)
    assert response.status_code == 422
    assert response.json()["response"][0]["code"] == "7004"
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_duplicates_at_the_same_time_become_one_message(
    service: Service, intake: Any, order: Make
) -> None:
    request = {"method": "POST", "url": URL, "json": order()}
    requests = [request | {"headers": {"idempotency-key": "k1"}} for _ in range(20)]
    answers = intake.at_once(requests)
    assert len({answer.content for answer in answers}) == 1
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_is_free_again_after_a_day(service: Service, intake: Any, order: Make) -> None:
    headers = {"idempotency-key": "k1"}
    first = intake.post(URL, json=order(), headers=headers)
    IdempotencyKey.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    second = intake.post(URL, json=order(priority=1), headers=headers)
    assert second.status_code == 202
    assert first.content != second.content
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refused_request_takes_no_key(service: Service, intake: Any, order: Make) -> None:
    headers = {"idempotency-key": "k1"}
    assert intake.post(URL, json=order(appid="ZZ00000000"), headers=headers).status_code == 403
    assert intake.post(URL, json=order(), headers=headers).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_one_bad_request_spoils_no_other(service: Service, intake: Any, order: Make) -> None:
    bodies = [order(), order(appid="ZZ00000000"), order(priority=7)] * 5
    requests = [{"method": "POST", "url": URL, "json": body} for body in bodies]
    statuses = [answer.status_code for answer in intake.at_once(requests)]
    assert statuses == [202, 403, 400] * 5
    assert Message.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_key_that_asks_too_often_is_told_when_to_go_on(
    service: Service, intake: Any, order: Make, settings: Any
) -> None:
    from imiconnect.rtm.intake.app import intake_of_this_loop

    intake.run(intake_of_this_loop())._limit = RateLimit(per_second=1)
    answers = [intake.post(URL, json=order()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) >= 1


def test_the_bucket_refills_with_time() -> None:
    limit = RateLimit(per_second=1)
    assert [limit.wait_for("k", now=0.0) for _ in range(3)] == [0, 0, 1]
    assert limit.wait_for("other", now=0.0) == 0
    assert limit.wait_for("k", now=1.0) == 0


async def test_requests_that_come_together_are_written_together() -> None:
    batches: list[int] = []

    async def write(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    gatherer: Gatherer[int, int] = Gatherer(write, writers=1, most=50)
    results = await asyncio.gather(*(gatherer.submit(number) for number in range(120)))
    assert results == [number * 2 for number in range(120)]
    assert batches == [50, 50, 20]


class Slow:
    """A writer that waits for a sign before it ends, and what it was given."""

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.may_end = asyncio.Event()

    async def write(self, items: Sequence[int]) -> list[int]:
        self.given.append(list(items))
        await self.may_end.wait()
        return list(items)


async def submitted(gatherer: Gatherer[int, int], *items: int) -> list[asyncio.Task[int]]:
    """Submit items, and let everything that waits for nothing happen."""
    tasks = [asyncio.create_task(gatherer.submit(item)) for item in items]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_requests_beside_a_batch_gather_until_they_are_worth_one() -> None:
    slow = Slow()
    gatherer: Gatherer[int, int] = Gatherer(slow.write, weight=lambda item: item, every=3600)
    tasks = await submitted(gatherer, 1, 2)
    slow.may_end.set()
    tasks += await submitted(gatherer, 3, 4)
    assert slow.given == [[1, 2]]
    tasks += await submitted(gatherer, MUCH)
    assert await asyncio.gather(*tasks) == [1, 2, 3, 4, MUCH]
    assert slow.given == [[1, 2], [3, 4, MUCH]]


async def test_one_request_after_the_other_never_waits() -> None:
    slow = Slow()
    slow.may_end.set()
    gatherer: Gatherer[int, int] = Gatherer(slow.write, every=3600)
    assert [await gatherer.submit(number) for number in range(3)] == [0, 1, 2]
    assert slow.given == [[0], [1], [2]]


async def submit_five(
    error: type[Exception],
) -> tuple[list[int | BaseException], list[list[int]]]:
    """Submit 0 to 4 to a writer that fails with 3; return the results and what it was given."""
    given: list[list[int]] = []

    async def write(items: Sequence[int]) -> list[int]:
        given.append(list(items))
        if 3 in items:
            raise error
        return list(items)

    gatherer: Gatherer[int, int] = Gatherer(write)
    results = await asyncio.gather(
        *(gatherer.submit(number) for number in range(5)), return_exceptions=True
    )
    return results, given


@pytest.mark.parametrize("error", [psycopg.DataError, RecursionError])
async def test_a_request_whose_handling_breaks_does_not_fail_those_that_came_with_it(
    error: type[Exception],
) -> None:
    results, _ = await submit_five(error)
    assert [type(result) for result in results] == [int, int, int, error, int]


@pytest.mark.parametrize("error", [psycopg.OperationalError, PoolTimeout])
async def test_an_outage_of_the_database_is_not_waited_for_by_each_request_anew(
    error: type[Exception],
) -> None:
    results, given = await submit_five(error)
    assert [type(result) for result in results] == [error] * 5
    assert given == [[0, 1, 2, 3, 4]]
