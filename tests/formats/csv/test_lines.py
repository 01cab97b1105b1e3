"""The first lines of a text."""

from __future__ import annotations

from gradcli.formats.csv.lines import MOST_LINES, Line, lines_of


def test_the_lines_of_a_quoted_cell_are_one() -> None:
    found = lines_of('5" pipe\n\nt,"a\nb"\r\n# it"s\n0,1\n', 2)
    assert [(line.number, line.text, line.height) for line in found] == [
        (3, 't,"a\0b"', 2),
        (5, '# it"s', 1),
        (6, "0,1", 1),
        (7, "", 1),
    ]
    assert [line.is_row for line in found] == [True, False, True, False]


def test_a_quote_that_closes_too_far_away_opens_no_cell() -> None:
    text = 't,"a\n' + "0,1\n" * MOST_LINES + '"\n'
    assert {line.height for line in lines_of(text)} == {1}


def test_a_mark_of_inches_or_a_quote_in_a_comment_opens_no_cell() -> None:
    for line in ('Bench 5" pipe', '% # 1, wide, 5" long', '% "made', '# "made'):
        assert {found.height for found in lines_of(f'{line}\n1,2\n3" pipe\n')} == {1}
    assert lines_of('t; "a\nb"')[0].height == 2


def test_lines_without_quotes_are_numbered_alike() -> None:
    plain, quoted = lines_of("a\r\n\n1,2\r\n3", 1), lines_of('a\r\n\n1,2\r\n3\n"', 1)
    assert plain == quoted[:-1] == [Line(2, ""), Line(3, "1,2"), Line(4, "3")]
