from datetime import datetime, timezone

import pytest
from unit.zidentity.scripted import FakeTime, Reply, ScriptedServer

from zdx_provider.zidentity import ServerError, ZIdentity

EMPTY_PAGE: dict[str, list[object]] = {"records": []}


def moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, timezone.utc)


def test_now_is_the_local_time_before_the_first_response(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    assert zidentity.now() == moment(time.now)
    assert server.token_calls == []


def test_now_follows_the_date_of_a_response(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(200, EMPTY_PAGE, {"Date": "Mon, 18 Jan 2027 08:00:00 GMT"}))
    zidentity.api_clients.list()
    time.now += 5

    assert zidentity.now() == datetime(2027, 1, 18, 8, 0, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Mon, 99 Jan 2027 08:00:00 GMT",
        "1800000000",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
)
def test_now_ignores_an_invalid_date(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime, date: str
) -> None:
    server.answers(Reply(200, EMPTY_PAGE, {"Date": date}))
    zidentity.api_clients.list()

    assert zidentity.now() == moment(time.now)


def test_now_ignores_the_date_of_a_gateway(zidentity: ZIdentity, server: ScriptedServer) -> None:
    by_the_server = {"Date": "Mon, 18 Jan 2027 08:00:00 GMT"}
    by_a_gateway = {"Date": "Sun, 01 Feb 2026 08:00:00 GMT"}
    server.answers(Reply(200, EMPTY_PAGE, by_the_server), Reply(500, b"", by_a_gateway))
    zidentity.api_clients.list()

    with pytest.raises(ServerError):
        zidentity.api_clients.list()

    assert zidentity.now() == datetime(2027, 1, 18, 8, 0, tzinfo=timezone.utc)
