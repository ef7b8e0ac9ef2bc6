"""Lists of API clients, a page at a time."""

import httpx
import pytest

from zdx_emulator.testing import API_CLIENTS, RunningEmulator


def _is_invalid(answer: httpx.Response, member: str) -> bool:
    return answer.status_code == 400 and f"Invalid Input for {member}" in answer.json()["detail"]


def test_list_of_one_page_has_no_links(tenant: RunningEmulator, api: httpx.Client) -> None:
    client = tenant.create_client("ci")

    page = api.get(API_CLIENTS).json()

    assert (page["results_total"], page["pageOffset"], page["pageSize"]) == (1, 0, 100)
    assert [record["id"] for record in page["records"]] == [client.id]
    assert "next_link" not in page
    assert "prev_link" not in page


def test_list_links_lead_through_all_pages_and_back(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    made = [tenant.create_client(f"ci-{number}").id for number in range(5)]
    tenant.create_client("other")

    def follow(url: str, link: str) -> list[list[str]]:
        page = api.get(url).json()
        ids = [record["id"] for record in page["records"]]
        return [ids, *(follow(page[link], link) if link in page else [])]

    forward = follow(f"{API_CLIENTS}?name[like]=ci&limit=2", "next_link")
    backward = follow(f"{API_CLIENTS}?name[like]=ci&limit=2&offset=4", "prev_link")

    assert forward == [made[:2], made[2:4], made[4:]]
    assert backward == forward[::-1]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("prod", ["ci-prod", "PROD-eu"]), ("prod-", ["PROD-eu"]), ("%", []), ("", None)],
)
def test_list_filter_matches_part_of_a_name_in_any_case(
    wanted: str, found: list[str] | None, tenant: RunningEmulator, api: httpx.Client
) -> None:
    names = ["ci-prod", "PROD-eu", "dev"]
    for name in names:
        tenant.create_client(name)

    page = api.get(API_CLIENTS, params={"name[like]": wanted}).json()

    assert [record["name"] for record in page["records"]] == (names if found is None else found)


def test_list_with_limit_0_shows_only_the_total(tenant: RunningEmulator, api: httpx.Client) -> None:
    tenant.create_client("ci")

    page = api.get(API_CLIENTS, params={"limit": 0}).json()

    assert page["records"] == []
    assert page["results_total"] == 1


@pytest.mark.parametrize(
    ("name", "value"), [("limit", 1001), ("limit", -1), ("offset", -1), ("limit", "all")]
)
def test_list_refuses_an_invalid_limit_or_offset(
    name: str, value: int | str, api: httpx.Client
) -> None:
    assert _is_invalid(api.get(API_CLIENTS, params={name: value}), name)
