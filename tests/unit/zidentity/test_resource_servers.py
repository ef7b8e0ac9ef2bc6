from unit.zidentity.scripted import Reply, ScriptedServer

from zdx_provider.zidentity import ZIdentity

RECORDED = {
    "id": "r1",
    "name": "Zscaler APIs",
    "primaryAud": "https://api.zscaler.com",
    "defaultApi": True,
    "serviceScopes": [
        {
            "service": {
                "id": "hhlm4bhmbg7ir",
                "name": "ZDX",
                "displayName": "Zscaler Digital Experience",
                "cloudName": "zscalerthree.net",
                "zapsOnboarded": False,
            },
            "scopes": [{"id": "hhlm4bhmbg7ir::hplm4bko707jp", "name": "Role:ZDX Super Admin"}],
        }
    ],
}


def test_list_returns_resources_with_the_scopes_of_their_services(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(200, {"results_total": 1, "records": [RECORDED]}))

    (resource,) = zidentity.resource_servers.list()

    assert server.calls[0].path == "/ziam/admin/api/v1/resource-servers"
    assert resource.default_api
    (offer,) = resource.service_scopes
    assert offer.service.name == "ZDX"
    assert [(scope.id, scope.name) for scope in offer.scopes] == [
        ("hhlm4bhmbg7ir::hplm4bko707jp", "Role:ZDX Super Admin")
    ]


def test_list_accepts_a_service_without_scopes(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    service = {"service": {"id": "s", "name": "ZDX"}, "scopes": None}
    records = [{"id": "r1", "serviceScopes": [service]}, {"id": "r2", "serviceScopes": None}]
    server.answers(Reply(200, {"results_total": 2, "records": records}))

    first, second = zidentity.resource_servers.list()

    assert first.service_scopes[0].scopes == ()
    assert second.service_scopes == ()
