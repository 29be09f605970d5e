"""The benchmark's account of a page's characters: what counts, what is lost, hidden, said again or twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.coverage import Coverage, counted, cover
from bench.picture import shown
from runtime.reading.pdfium import Pdfium
from tests import pdfs
from tests.reading_cases import Words

LINES = ("The harbour takes 8,450 crowns a year.", "Boats below five metres pay nothing.")


def account(path: Path, others: Mapping[str, Sequence[str]], again: Sequence[str] = ()) -> Coverage:
    whole = Coverage()
    for _, page in cover(path, Words(), others, again):
        whole.add(page)
    return whole


def lines(path: Path) -> Path:
    page = pdfs.canvas(path)
    pdfs.draw(page, LINES)
    page.save()
    return path


def readers(text: str) -> dict[str, list[str]]:
    return {"one": [text], "another": [text]}


def test_one_character_written_in_two_ways_counts_as_one() -> None:
    assert counted("ﬁlm 250³ − “so”") == counted("film 2503 - ’so’")
    assert counted("exam-\nple") == counted("example") == counted("exam\x02\nple") == counted("exam\u00adple")
    assert counted("Café") == counted("Cafe\u0301") == counted("Cafe")
    assert counted("3.1 Quays ........ 12") == counted("3.1 Quays … 12") == counted("3.1 Quays . . . . . 12")
    assert counted("3-1") != counted("31")
    assert counted("a (cid:12) b | \ue000") == Counter("ab")


def test_a_page_that_is_read_whole_has_nothing_lost_and_nothing_twice(tmp_path: Path) -> None:
    found = account(lines(tmp_path / "a.pdf"), readers("\n".join(LINES)))
    assert found.visible == found.passages == counted("\n".join(LINES))
    assert found.kept == 1 and not found.lost and not found.twice


def test_what_two_readers_have_and_ours_lacks_is_lost(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.pdf")
    found = account(path, readers("\n".join(LINES) + "\nZZZ"))
    assert found.lost == found.unread == Counter("ZZZ")
    assert found.read["one"] == found.agreed.total() == found.read["Plumbline"] + 3
    alone = account(path, {"one": ["\n".join(LINES) + "\nZZZ"], "another": ["\n".join(LINES)]})
    assert not alone.lost and alone.union - alone.visible == Counter("ZZZ")


def test_words_that_are_drawn_twice_in_one_place_count_once(tmp_path: Path) -> None:
    page = pdfs.canvas(tmp_path / "a.pdf")
    for shift in (0, 1.5):
        page.drawString(72 + shift, 700, "Bold harbour")
    page.save()
    found = account(tmp_path / "a.pdf", readers("Bold harbour Bold harbour"), ["Bold harbour"])
    assert found.visible == counted("Bold harbour")


def test_a_head_that_repeats_is_left_out_by_kind_and_is_not_lost(tmp_path: Path) -> None:
    texts = [f"Annual report of the quay\n{pdfs.sentence(n)}\n{n}" for n in range(1, 6)]
    page = pdfs.canvas(tmp_path / "a.pdf")
    for number, text in enumerate(texts, 1):
        head, body, _ = text.split("\n")
        page.drawString(72, 800, head)
        page.drawString(72, 500, body)
        page.drawString(300, 30, str(number))
        page.showPage()
    page.save()
    found = account(tmp_path / "a.pdf", {"one": texts, "another": texts})
    assert found.left_out["repeated"].total() == 4 * counted("Annual report of the quay").total()
    assert found.left_out["page number"] == Counter("12345")
    assert found.kept == 1 and not found.unfounded


def test_a_head_beside_its_page_number_is_kept_on_the_first_page_that_has_it(tmp_path: Path) -> None:
    page = pdfs.canvas(tmp_path / "a.pdf")
    for number in range(1, 6):
        page.drawString(72, 800, "Annual report of the quay")
        page.drawRightString(520, 800, str(number))
        page.drawString(72, 500, f"Text of page {number}.")
        page.showPage()
    page.save()
    found = account(tmp_path / "a.pdf", {})
    assert found.repeats == {"Annual report of the quay": 4} and not found.unfounded


def test_a_tables_head_repeated_in_brackets_is_marked_and_not_twice(tmp_path: Path) -> None:
    page = pdfs.canvas(tmp_path / "a.pdf")
    years = {160: "Year ended December 2025", 360: "Year ended December 2026"}
    names = {60: "Quay", 160: "Crates landed", 260: "Crates sold", 360: "Crates landed", 460: "Crates sold"}
    rows = [years, names, *({left: f"{n}{left}" for left in names} for n in range(10, 50))]
    for line, row in enumerate(rows):
        for left, text in row.items():
            page.drawString(left, 800 - 16 * line, text)
    page.save()
    words = [text for row in rows for text in row.values()]
    found = account(tmp_path / "a.pdf", readers("\n".join(words)))
    assert not found.lost and not found.twice
    assert found.marked["cell"].total() >= 2 * counted("Year ended December 2025").total()
    assert found.marked["head"].total() >= counted("Year ended December 2025").total()


def test_the_picture_distinguishes_visible_words_from_hidden_ones(tmp_path: Path) -> None:
    page = pdfs.canvas(tmp_path / "a.pdf")
    page.drawString(72, 700, "open")
    page.drawString(72, 600, "covered")
    page.drawString(72, 500, "twofold")
    page.setFillColor("white")
    page.drawString(72, 400, "white")
    page.rect(60, 490, 200, 140, stroke=0, fill=1)
    page.setFillColor("black")
    page.drawString(72, 500, "twofold")
    page.save()
    descriptor = os.open(tmp_path / "a.pdf", os.O_RDONLY)
    reader = Pdfium(descriptor)
    words = reader.page(1).words
    assert dict(zip([word.text for word in words], shown(reader, 1, words), strict=True)) == {
        "open": True,
        "covered": False,
        "twofold": True,
        "white": False,
    }
    os.close(descriptor)
