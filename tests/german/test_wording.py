"""German is complete: every sentence has its German one, and the compiled file is the present one."""

from __future__ import annotations

import re

from tests.german.catalogue import compiled, written
from tests.german.extraction import sentences_of_the_code

PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sd]|\{(\w*)\}")


def test_every_sentence_of_the_code_has_a_german_one() -> None:
    known = {(entry.context, entry.english) for entry in written()}
    assert sentences_of_the_code() - known == set()


def test_nothing_is_kept_that_no_code_says() -> None:
    assert {(entry.context, entry.english) for entry in written()} - sentences_of_the_code() == set()


def test_nothing_is_left_to_translate() -> None:
    def is_complete(german: dict[int, str], plural: str) -> bool:
        return set(german) == ({0, 1} if plural else {0}) and all(german.values())

    assert [e.english for e in written() if e.fuzzy or not is_complete(e.german, e.plural)] == []


def test_both_languages_fill_in_the_same_values() -> None:
    def names(text: str) -> set[str]:
        return {found.group() for found in PLACEHOLDER.finditer(text)}

    for entry in written():
        for german in entry.german.values():
            assert names(german) <= names(entry.english + entry.plural), german
        assert names(entry.plural or entry.english) <= names(entry.german.get(1, entry.german[0])), entry


def test_the_compiled_file_says_what_the_readable_one_says() -> None:
    ours = compiled()
    entries = written()
    assert len(entries) > 100
    for entry in entries:
        for form, german in entry.german.items():
            number = 1 if form == 0 else 2
            if entry.plural:
                assert ours.ngettext(entry.english, entry.plural, number) == german
            elif entry.context:
                assert ours.pgettext(entry.context, entry.english) == german
            else:
                assert ours.gettext(entry.english) == german
