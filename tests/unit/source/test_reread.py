"""One document of a file is read again alone, and is what it was in its file."""

import pytest

from pytest_sisyphus.source.file_cache import FileContent, OverlayFileCache
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.source.reread import DocumentRef, document_spans, reread_document

FILES = {
    "one": "# a remark\nname: a\nsteps: [1]\n",
    "many": "name: a\nsteps:\n- x\n---\n# of b\n\nname: b\nsteps: [2]\n---\nname: c\n",
    "ends": "name: a\n...\n---\nname: b\n...\n",
    "on the line": "--- {name: a, at: {x: 1}}\n--- {name: b,\n at: 2}\n---   [1, 2]\n",
    "anchors": "--- &a\nname: &n a\nagain: *n\n---\nname: &n b\nagain: *n\n",
    "block": "name: a\ntext: |\n  one\n\n  two\n---\nname: b\ntext: |+\n  three\n\n",
    "directive": "%YAML 1.1\n---\nname: a\n---\nname: b\n",
    "dashes inside": "name: a\ntext: '--- b\n\n  c'\n---\nname: b\n",
    "strange line ends": "name: a\r\nx: 'a\u2028b'\r\n---\r\nname: b\r\ny: 'c\x85d'\r\nz: 1\r\n",
    "carriage returns": "name: a\r\nx: 1\r\n---\r\nname: b\r\n",
    "surrogates": 'name: "\\ud83d\\ude00"\n---\nname: "\\ud83d\\ude00 b"\nx: {y: "\\ud83d\\ude00", z: 1}\n',
    "includes": "name: a\nsteps: !include part.yml\n---\nname: b\nsteps: !include part.yml\n",
    "whole includes": "--- !include part.yml\n---\nname: b\n",
}


def locations(value):
    if isinstance(value, dict):
        return [
            value.location,
            *((key, value.locations[key], value.key_locations[key]) for key in value),
        ] + [locations(one) for one in value.values()]
    if isinstance(value, list):
        return [value.location, *value.locations, *map(locations, value)]
    return getattr(value, "location", None)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_document_alone_is_what_it_was_in_its_file(tmp_path, text):
    path = tmp_path / "case.yaml"
    content = text.encode()
    tmp_path.joinpath("part.yml").write_text("name: part\nx: [1]\n")
    file_cache = OverlayFileCache(
        Reader(roots=(tmp_path,), base=tmp_path).file_cache, path, FileContent(content)
    )
    reader = Reader(roots=(tmp_path,), base=tmp_path, file_cache=file_cache)
    documents = reader.documents(path)
    parts = document_spans(reader.text(path), [one.location for one in documents], "case.yaml")
    tmp_path.joinpath("part.yml").unlink()

    for number, (document, part) in enumerate(zip(documents, parts, strict=True)):
        again = reread_document(path, reader, DocumentRef(number, document.location, part))
        assert again == document
        assert again is not document
        assert locations(again) == locations(document)


@pytest.mark.parametrize("name", ["many", "on the line", "block", "carriage returns"])
def test_only_the_part_is_read(tmp_path, name, monkeypatch):
    path = tmp_path / "case.yaml"
    path.write_bytes(FILES[name].encode())
    reader = Reader(roots=(tmp_path,), base=tmp_path)
    documents = reader.documents(path)
    parts = document_spans(reader.text(path), [one.location for one in documents], "case.yaml")
    monkeypatch.setattr(Reader, "documents", None)

    for number, document in enumerate(documents):
        where = DocumentRef(number, document.location, parts[number])
        assert reread_document(path, reader, where) == document
