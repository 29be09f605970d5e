"""Search over each store: what is exact comes first, whatever resembles it."""

from __future__ import annotations

from runtime.local.minilm import MiniLm
from runtime.passages import passage_vectors
from runtime.ports import Passage, PassageIndexes
from runtime.search.searcher import Searcher
from runtime.search.words import terms_of

SHEETS = 300
THINGS = ("relay", "gasket", "bearing", "filter", "sensor", "valve", "bracket")


def sheet(number: int) -> Passage:
    text = (
        f"Part {number:05} is a {THINGS[number % 7]} for the pump of machine {number % 40}. It weighs "
        f"{100 + number * 37 % 900} g. It is stored on shelf {number % 90}. It costs {5 + number * 13 % 700} euros."
    )
    return Passage(f"{number:032}", f"part{number:05}.pdf", "v", 0, 1, "", "", text)


def test_of_sheets_that_differ_by_a_number_the_right_one_is_first_and_any_question_is_words(
    indexes: PassageIndexes,
) -> None:
    model = MiniLm(2)
    index = indexes.open("passages-sheets-384", model.dimension)
    sheets = [sheet(number) for number in range(SHEETS)]
    index.write(sheets, passage_vectors(model, sheets, {})[0], [one for own in sheets for one in terms_of([own], "en")])
    index.refresh()
    searcher, numbers = Searcher(index, model), range(3, SHEETS, 33)
    for form in ("What does part {} cost?", "Where is part {} stored?", "{}", 'Is "part {}" a valve or a relay?'):
        found = searcher.search([form.format(f"{number:05}") for number in numbers], 3)
        assert [one.ranked[0].passage for one in found] == [sheet(number) for number in numbers]
        assert not any(one.is_below_chance for one in found)
    other = searcher.search(["Which documents do I need to renew a Canadian passport?", *ODD], 3)
    assert other[0].is_below_chance
    assert all(len(one.ranked) >= 100 for one in other)


ODD = ("a", "the of and", "AND OR NOT", '"*:*"', "text:x~2^3", "水道", "x" * 4000, "\\")
