"""From a tenant full of manual keys to code, with nothing of them lost."""

from collections import Counter
from pathlib import Path

from support.manual_keys import (
    SKIPPED,
    WITHOUT_A_WORKING_SECRET,
    ManualKey,
    create_manual_keys,
    download,
)
from support.pulumi_project import PulumiProject
from support.zdx_keys import ZdxKeys
from zdx_emulator.testing import RunningEmulator

IMPORT = ("import", "--file", "import.json", "--generate-code=false", "--yes", "--skip-preview")


def assert_manual_keys_become_code(
    count: int,
    zdx_keys: ZdxKeys,
    home: PulumiProject,
    tenant: RunningEmulator,
    downloads: Path,
) -> None:
    keys = create_manual_keys(tenant, count)
    kept = [key for key in keys if key.kind not in SKIPPED]

    written = zdx_keys.json(
        *("import-file", "--downloaded", str(download(keys, downloads))),
        *("--output", "import.json", "--program", "__main__.py"),
    )
    home.run(*IMPORT)
    home.refresh()
    tenant.clear_requests()
    home.up()

    assert {key["key_id"] for key in written["keys"]} == {key.client.id for key in kept}
    _assert_only_markers_were_written(kept, tenant)
    _assert_the_state_holds_each_secret_that_works(kept, home, tenant)
    home.assert_no_changes()
    home.run("refresh", "--preview-only", "--expect-no-changes")
    _assert_no_secret_was_shown(keys, zdx_keys, home)


def _assert_only_markers_were_written(kept: list[ManualKey], tenant: RunningEmulator) -> None:
    for key in kept:
        client = tenant.client(key.client.id)
        assert client.description.startswith(f"{key.client.description} [pulumi ".lstrip())
        as_before = {"description": key.client.description}
        assert client.model_copy(update=as_before) == key.client
    sent = Counter(
        (request.method, request.path.endswith("/secrets")) for request in tenant.requests()
    )
    without_a_secret = [key for key in kept if key.kind in WITHOUT_A_WORKING_SECRET]
    assert sent["PUT", False] == len(kept)
    assert sent["POST", True] == len(without_a_secret)


def _assert_the_state_holds_each_secret_that_works(
    kept: list[ManualKey], home: PulumiProject, tenant: RunningEmulator
) -> None:
    recorded_keys = {key["key_id"]: key for key in home.recorded_keys()}
    assert len(recorded_keys) == len(kept)
    for key in kept:
        secret = recorded_keys[key.client.id]["key_secret"]
        assert (secret == key.secret) == (key.kind not in WITHOUT_A_WORKING_SECRET)
        assert key.kind == "disabled" or tenant.token_for(key.client.id, secret)


def _assert_no_secret_was_shown(
    keys: list[ManualKey], zdx_keys: ZdxKeys, home: PulumiProject
) -> None:
    shown = [home.state_file.read_text(), *zdx_keys.transcript, *home.transcript]
    assert not [key for key in keys if key.secret and any(key.secret in text for text in shown)]
