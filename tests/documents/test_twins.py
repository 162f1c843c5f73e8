"""The Chinese documents render the English ones as they are now."""

from pathlib import Path

import pytest
from twins import DOCS, SHORTER, sections, stamped, twins


def named(folder):
    return {path.relative_to(DOCS / folder).as_posix() for path in (DOCS / folder).rglob("*.md")}


def test_every_page_has_a_twin():
    assert named("zh") == named("en")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        pytest.param(*pair, id=name)
        for pair in twins()
        if (name := pair[1].relative_to(DOCS / "zh").as_posix()) not in SHORTER
    ],
)
def test_each_section_renders_the_english_one_as_it_is(english, chinese):
    there, here = (sections(path.read_text("utf-8")) for path in (english, chinese))

    assert [one.level for one in here] == [one.level for one in there]
    stale = [
        f"{chinese.relative_to(DOCS.parent)}:{one.line}: '{one.title}' renders {one.renders}, "
        f"but '{original.title}' is now {original.hash}"
        for original, one in zip(there, here, strict=True)
        if one.renders != original.hash
    ]
    assert stale == [], "translate, then: python tests/documents/twins.py " + str(
        chinese.relative_to(DOCS / "zh")
    )


ENGLISH = """# Title

one
## Second
```text
# no heading
```
<!-- generated: part -->
## neither
<!-- end -->
"""
CHINESE = "# 标题\n\n一\n## 第二\n<!-- en: 000000 -->\n二\n"


def test_sections_end_at_headings_outside_of_code_and_of_what_is_generated():
    assert [(one.line, one.level, one.title) for one in sections(ENGLISH)] == [
        (1, 1, "Title"),
        (4, 2, "Second"),
    ]


def test_a_change_of_the_english_text_makes_its_section_stale_and_no_other():
    made = stamped(ENGLISH, CHINESE)
    assert [one.renders for one in sections(made)] == [one.hash for one in sections(ENGLISH)]
    changed = sections(ENGLISH.replace("one", "two"))
    assert [
        one.renders == other.hash for one, other in zip(sections(made), changed, strict=True)
    ] == [
        False,
        True,
    ]
    assert stamped(ENGLISH, made) == made


def test_what_is_generated_does_not_count():
    other = ENGLISH.replace("## neither", "## neither, of late\n\nmore")
    assert [one.hash for one in sections(other)] == [one.hash for one in sections(ENGLISH)]


def test_the_hashes_are_written_for_a_page_that_is_named(tmp_path, monkeypatch):
    for language, text in (("en", ENGLISH), ("zh", CHINESE)):
        (tmp_path / language).mkdir()
        (tmp_path / language / "page.md").write_text(text, "utf-8")
    monkeypatch.setattr("twins.DOCS", Path(tmp_path))
    __import__("twins").main(["page.md"])
    assert (tmp_path / "zh/page.md").read_text("utf-8") == stamped(ENGLISH, CHINESE)
