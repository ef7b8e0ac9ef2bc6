import json
from pathlib import Path

import pytest
from support.samples import PLANTED

from zdx_provider.cli.key_files import read_key_files
from zdx_provider.errors import ZdxError

BAD = ["[" * 100_000, '{"key_id": ' + "1" * 5000 + "}", f'{{"key_id": "{PLANTED}']


def a_file(path: Path, key_id: str = "id-1", secret: str = PLANTED) -> Path:
    path.write_text(json.dumps({"key_id": key_id, "key_secret": secret}))
    return path


def test_read_key_files_reads_each_json_file_of_a_folder(tmp_path: Path) -> None:
    first, second = a_file(tmp_path / "1.json"), a_file(tmp_path / "2.json", "id-2")
    (tmp_path / "notes.txt").touch()

    files = read_key_files([tmp_path, second]).by_key_id

    assert {key_id: file.path for key_id, file in files.items()} == {"id-1": first, "id-2": second}
    assert files["id-1"].secret.get_secret_value() == PLANTED


def test_read_key_files_accepts_two_files_with_the_same_secret(tmp_path: Path) -> None:
    files = read_key_files([a_file(tmp_path / "1.json"), a_file(tmp_path / "copy.json")])

    assert files.by_key_id["id-1"].path.name == "1.json"


def test_read_key_files_refuses_two_secrets_and_names_both_files(tmp_path: Path) -> None:
    paths = [a_file(tmp_path / "1.json"), a_file(tmp_path / "2.json", secret="another")]

    with pytest.raises(ZdxError) as refused:
        read_key_files(paths)

    assert all(str(path) in str(refused.value) for path in paths)
    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize(
    "content", ["", "[]", f'"{PLANTED}"', json.dumps({"key_secret": PLANTED, "key_id": ""}), *BAD]
)
def test_read_key_files_refuses_another_file_without_its_content(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "ci.json").write_text(content)

    with pytest.raises(match="does not contain a key") as refused:
        read_key_files([tmp_path / "ci.json"])

    assert PLANTED not in str(refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_read_key_files_reads_encodings_of_windows(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "ci.json"
    file.write_bytes(a_file(file, "ïd-1").read_text().encode(encoding))

    (read,) = read_key_files([file]).by_key_id.values()

    assert (read.key_id, read.secret.get_secret_value()) == ("ïd-1", PLANTED)


def test_read_key_files_skips_other_files_of_a_folder(tmp_path: Path) -> None:
    a_file(tmp_path / "ci.json")
    (tmp_path / "a.json").mkdir()
    (tmp_path / "b.JSON").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "c.json").symlink_to("nowhere")
    (tmp_path / "d.json").write_text('{"key_id": "id-2", "authentication": "private key"}')
    (tmp_path / "package.json").write_text('{"name": "x"}')

    files = read_key_files([tmp_path])

    assert list(files.by_key_id) == ["id-1"]
    assert {each.path.name: each.reason for each in files.skipped} == {
        "a.json": "cannot be read: Is a directory.",
        "b.JSON": "does not contain a key.",
        "c.json": "cannot be read: No such file or directory.",
        "d.json": "has no secret: its key authenticates with a private key.",
        "package.json": "does not contain a key.",
    }


def test_read_key_files_names_a_folder_without_json_files(tmp_path: Path) -> None:
    a_file(tmp_path / "ci.txt")

    (skipped,) = read_key_files([tmp_path]).skipped

    assert (skipped.path, skipped.reason) == (tmp_path, "has no .json files.")


def test_read_key_files_skips_a_file_that_is_too_large(tmp_path: Path) -> None:
    a_file(tmp_path / "ci.json", "x" * 1_000_000)

    (skipped,) = read_key_files([tmp_path]).skipped

    assert skipped.reason == "is too large to contain a key."


@pytest.mark.parametrize("name", ["nowhere.json", "/dev/zero"])
def test_read_key_files_fails_if_a_named_file_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(match=name):
        read_key_files([tmp_path / name])
