import json
from pathlib import Path

import pytest
from support.samples import PLANTED

from zdx_provider.cli.portal_files import FileNotUnderstood, read_portal_files


def a_file(path: Path, key_id: str = "id-1", secret: str = PLANTED) -> Path:
    path.write_text(json.dumps({"key_id": key_id, "key_secret": secret}))
    return path


def test_a_folder_means_each_json_file_in_it(tmp_path: Path) -> None:
    first, second = a_file(tmp_path / "1.json"), a_file(tmp_path / "2.json", "id-2")
    (tmp_path / "notes.txt").touch()

    files = read_portal_files([tmp_path, second])

    assert {key_id: file.path for key_id, file in files.items()} == {"id-1": first, "id-2": second}
    assert files["id-1"].secret.get_secret_value() == PLANTED


def test_two_files_with_one_secret_are_as_good_as_one(tmp_path: Path) -> None:
    files = read_portal_files([a_file(tmp_path / "1.json"), a_file(tmp_path / "copy.json")])

    assert files["id-1"].path.name == "1.json"


def test_two_secrets_of_one_key_are_refused_by_both_files(tmp_path: Path) -> None:
    paths = [a_file(tmp_path / "1.json"), a_file(tmp_path / "2.json", secret="another")]

    with pytest.raises(FileNotUnderstood) as refused:
        read_portal_files(paths)

    assert all(str(path) in str(refused.value) for path in paths)
    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize(
    "content", ["", "[]", f'"{PLANTED}"', json.dumps({"key_secret": PLANTED, "key_id": ""})]
)
def test_what_is_no_key_is_refused_without_its_content(tmp_path: Path, content: str) -> None:
    (tmp_path / "ci.json").write_text(content)

    with pytest.raises(FileNotUnderstood, match="does not hold a key") as refused:
        read_portal_files([tmp_path])

    assert PLANTED not in str(refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None
