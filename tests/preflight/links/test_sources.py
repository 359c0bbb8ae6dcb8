import io
from pathlib import Path

import pytest

from mmpsync.errors import InputError
from mmpsync.preflight.links import read_links

NOTHING = io.StringIO()


def test_a_link_is_itself() -> None:
    links = ["https://a.onelink.me/x?pid=1", "a.onelink.me/x", "not a link"]
    assert read_links(links, NOTHING) == links


def test_a_file_has_a_link_a_line(tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_bytes(
        b"\xef\xbb\xbf# the spring campaign\r\n\r\n  https://a.onelink.me/x  \r\nhttps://b.onelink.me/y#z\r\n"
    )
    expected = ["https://a.onelink.me/x", "https://b.onelink.me/y#z"]
    assert read_links([f"@{file}"], NOTHING) == expected
    assert read_links([str(file)], NOTHING) == expected


def test_sources_keep_their_order(tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text("https://two.example\n")
    stdin = io.StringIO("https://three.example\n# no more\n")
    assert read_links(["https://one.example", f"@{file}", "-"], stdin) == [
        "https://one.example",
        "https://two.example",
        "https://three.example",
    ]


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.txt: there is no such file of links"):
        read_links([f"@{tmp_path / 'gone.txt'}"], NOTHING)
    with pytest.raises(InputError, match=r"gone\.txt: there is no such file of links"):
        read_links([str(tmp_path / "gone.txt")], NOTHING)
    with pytest.raises(InputError, match="cannot be read"):
        read_links([f"@{tmp_path}"], NOTHING)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "links.xlsx"
    file.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_links([f"@{file}"], NOTHING)
    with file.open(encoding="utf-8") as stdin, pytest.raises(InputError, match="stdin: not UTF-8 text"):
        read_links(["-"], stdin)


def test_a_byte_order_mark_is_no_part_of_the_first_link() -> None:
    assert read_links(["-"], io.StringIO("\ufeffhttps://one.example\n")) == ["https://one.example"]


@pytest.mark.parametrize("text", ["", "\n \n", "# nothing yet\n"])
def test_no_link_at_all_is_an_error_and_not_a_green_check(text: str, tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text(text)
    with pytest.raises(InputError, match="there is no link in it"):
        read_links([f"@{file}"], NOTHING)
    with pytest.raises(InputError, match="stdin: there is no link in it"):
        read_links(["-"], io.StringIO(text))


@pytest.mark.parametrize("name", ["@", "@\0", "@" + "a" * 5000])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        read_links([name], NOTHING)


def test_a_link_that_is_too_long_for_a_path_is_still_a_link() -> None:
    link = "a.onelink.me/" + "x" * 5000
    assert read_links([link, "a\0b"], NOTHING) == [link, "a\0b"]


@pytest.mark.parametrize(
    "text",
    [
        "partner,link\nAcme,{one}\nBeta,{two}\n",
        'partner,link,note\r\n"Acme, Inc.","{one}","a ""b"""\r\nBeta,"{two}",\r\n',
        "link;partner\n{one};Acme\n{two};Beta\n",
        "Acme\t{one}\nBeta\t{two}\n",
        '\ufeff"{one}",Acme\n\n# later: {two}\n{two},Beta\n',
    ],
)
def test_of_a_table_the_column_of_links_is_taken(text: str) -> None:
    one, two = "https://a.onelink.me/x?pid=1&c=2", "https://b.onelink.me/y#z"
    assert read_links(["-"], io.StringIO(text.replace("{one}", one).replace("{two}", two))) == [one, two]


def test_a_broken_link_in_a_table_is_not_passed_over() -> None:
    table = "partner,link\nAcme,https://a.onelink.me/x\nBeta,htps//b.onelink.me/y\nGamma,\n"
    assert read_links(["-"], io.StringIO(table)) == ["https://a.onelink.me/x", "htps//b.onelink.me/y"]


def test_a_comma_or_a_semicolon_in_a_link_makes_no_table_of_a_list() -> None:
    links = ["https://a.onelink.me/x?c=1,2", "https://a.onelink.me/x?c=1;2,3&d=4"]
    assert read_links(["-"], io.StringIO("\n".join(links))) == links
    assert read_links(["-"], io.StringIO(links[0])) == links[:1]


@pytest.mark.parametrize("line", ["- {}", "* {}", "1. {}", "2) {}", "{}   # the spring campaign", "• {}"])
def test_of_a_written_list_only_the_links_are_taken(line: str) -> None:
    link = "https://a.onelink.me/x?pid=1#top"
    assert read_links(["-"], io.StringIO(line.format(link))) == [link]


def test_a_folder_is_not_taken_for_a_link(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_links([str(tmp_path)], NOTHING)


def test_a_spreadsheet_s_text_says_what_to_save_it_as(tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_bytes("https://a.onelink.me/x\n".encode("utf-16"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_links([str(file)], NOTHING)
