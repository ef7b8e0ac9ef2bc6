import pytest
from unit.zidentity.scripted import Reply, ScriptedServer

import zdx_provider.zidentity as layer
from zdx_provider.zidentity import (
    ApiClientRequest,
    BadRequestError,
    ConflictError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    ReadOnlyError,
    ResponseLostError,
    ServerError,
    StatusError,
    ZIdentity,
    ZIdentityError,
    add_key_name,
)

REQUEST = {"x-oneapi-request-id": "r-1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, BadRequestError),
        (409, ConflictError),
        (413, BadRequestError),
        (500, ServerError),
        (501, ServerError),
    ],
)
def test_error_of_a_status_has_a_class_and_shows_status_and_request_id(
    zidentity: ZIdentity, server: ScriptedServer, status: int, kind: type[StatusError]
) -> None:
    server.answers(Reply(status, headers=REQUEST))

    with pytest.raises(kind, match=f"status {status}, request r-1") as error:
        zidentity.api_clients.get("c1")

    assert type(error.value) is kind
    assert (error.value.status, error.value.request_id) == (status, "r-1")
    assert error.value.hint


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413])
def test_create_that_is_refused_says_that_it_failed(
    zidentity: ZIdentity, server: ScriptedServer, status: int
) -> None:
    server.answers(Reply(status))

    with pytest.raises(StatusError, match='could not create the API client "ci"'):
        zidentity.api_clients.create(ApiClientRequest(name="ci"))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, headers={"x-zscaler-mode": "read-only"}),
        Reply(403, {"code": "STATE_READONLY", "message": "obviously-fake"}),
        Reply(403, {"title": "STATE_READONLY", "status": 403, "detail": "obviously-fake"}),
    ],
    ids=["header", "older body", "body"],
)
def test_error_distinguishes_maintenance_from_a_missing_permission(
    zidentity: ZIdentity, server: ScriptedServer, reply: Reply
) -> None:
    server.answers(reply)

    with pytest.raises(ReadOnlyError, match="during maintenance"):
        zidentity.api_clients.delete("c1")


def test_error_of_a_403_names_its_possible_causes(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(403))

    with pytest.raises(PermissionDeniedError, match=r"full permission.*license.*disabled"):
        zidentity.api_clients.list()


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"code": "LIMIT_EXCEEDED"}, True),
        ({"id": "LIMIT_EXCEEDED"}, True),
        ({"title": "LIMIT_EXCEEDED"}, True),
        ({"code": 7, "id": "LIMIT_EXCEEDED"}, True),
        ({"code": "LIMIT_EXCEEDED: for LIMIT_EXCEEDED"}, False),
        ([{"code": "LIMIT_EXCEEDED"}], False),
        (b"LIMIT_EXCEEDED", False),
    ],
)
def test_of_the_codes_of_a_body_only_a_short_one_is_shown(
    zidentity: ZIdentity, server: ScriptedServer, body: object, *, shown: bool
) -> None:
    server.answers(Reply(403, body))

    with pytest.raises(PermissionDeniedError) as error:
        zidentity.api_clients.get("c1")

    assert ("LIMIT_EXCEEDED" in str(error.value)) is shown


def test_error_shows_no_invalid_request_id(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(404, headers={"x-oneapi-request-id": "<b>no id</b>"}))

    with pytest.raises(NotFoundError) as error:
        zidentity.api_clients.get("c1")

    assert error.value.request_id == ""


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(200, b"<!DOCTYPE html><html>"), "an HTML page instead of JSON"),
        (Reply(200, b" \n<html>"), "an HTML page instead of JSON"),
        (Reply(200, b'{"id": "c1", "na'), "not JSON, or is incomplete"),
        (Reply(200, b""), "not JSON, or is incomplete"),
        (Reply(200, b"\xff\xfe"), "not JSON, or is incomplete"),
        (Reply(200, {"id": "c1"}), "differs from the API documentation at name"),
        (Reply(200, [1]), "differs from the API documentation at its top level"),
        (Reply(200, b"x" * (8 * 1024 * 1024 + 1)), "larger than 8 MB"),
        (Reply(302, headers={"Location": "https://evil.test/?a=b"}), "redirects to evil.test,"),
        (Reply(307, headers={"Location": "/login"}), "redirects to api.zsapi.net,"),
        (Reply(304), "redirects to api.zsapi.net,"),
        (Reply(302, headers={"Location": "https://e\u0301vil/"}), "redirects to another address,"),
        (Reply(302, headers={"Location": "https://[evil/"}), "redirects to another address,"),
    ],
)
def test_error_names_a_response_that_is_not_from_zidentity(
    zidentity: ZIdentity, server: ScriptedServer, reply: Reply, line: str
) -> None:
    server.answers(reply)

    with pytest.raises(InvalidResponseError, match=line) as error:
        zidentity.api_clients.get("c1")

    assert error.value.hint.startswith("Check that no proxy or login page responds")
    assert len(server.calls) == 1


def test_delete_fails_if_the_response_is_a_web_page(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(200, b"<html>please log in</html>"))

    with pytest.raises(InvalidResponseError, match="could not delete the API client c1"):
        zidentity.api_clients.delete("c1")


@pytest.mark.parametrize("status", [302, 303])
def test_create_treats_a_redirect_as_a_lost_response(
    zidentity: ZIdentity, server: ScriptedServer, status: int
) -> None:
    server.answers(Reply(status, headers={"Location": "https://evil.test"}))

    with pytest.raises(ResponseLostError, match=r"redirects to evil\.test"):
        zidentity.api_clients.create(ApiClientRequest(name="ci"))


def test_error_names_its_key(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(404))

    with pytest.raises(NotFoundError) as error, add_key_name("ci"):
        zidentity.api_clients.get("c1")

    assert str(error.value) == (
        'the key "ci": could not read the API client c1: it does not exist (status 404). '
        "It was deleted, or it belongs to another tenant. To see the keys, run zdx-keys list."
    )


def test_add_key_name_does_not_change_other_errors() -> None:
    with pytest.raises(LookupError, match=r"^other$"), add_key_name("ci"):
        raise LookupError("other")


def test_error_classes_are_all_public() -> None:
    def leaves(kind: type[ZIdentityError]) -> set[type[ZIdentityError]]:
        below = kind.__subclasses__()
        return {kind}.union(*map(leaves, below))

    assert {kind.__name__ for kind in leaves(ZIdentityError)} <= set(layer.__all__)
