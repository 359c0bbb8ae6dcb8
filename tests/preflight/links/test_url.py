import pytest

from mmpsync.preflight.links.url import Link, Parameter, decoded, fully_decoded


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://Acme.OneLink.me/x", "acme.onelink.me"),
        ("https://acme.onelink.me:443/x", "acme.onelink.me"),
        ("https://ann:secret@acme.onelink.me?x=1", "acme.onelink.me"),
        ("https://app.appsflyer.com@evil.example/", "evil.example"),
        ("https://evil.example#@app.appsflyer.com", "evil.example"),
        ("acme.onelink.me/x", ""),
    ],
)
def test_the_host_is_where_a_browser_would_go(text: str, host: str) -> None:
    assert Link.parse(text).host == host


def test_a_name_is_decoded_once_and_a_value_is_kept() -> None:
    link = Link.parse("https://a.app.link/x?%243p=a%5Fb&%257Eclick_id=1&flag&=2&&%7Eclick_id=a=b")
    assert [parameter.name for parameter in link.parameters] == ["$3p", "%7Eclick_id", "flag", "~click_id"]
    assert link.named("$3p") == (Parameter("%243p", "a%5Fb"),)
    assert link.named("~click_id")[0].value == "a=b"
    assert link.named("flag")[0].value is None


def test_bytes_that_are_not_utf_8_stay_as_written() -> None:
    assert decoded("caf%E9") == "caf%E9"
    assert decoded("caf%C3%A9+x") == "café+x"
    assert fully_decoded("%25252540") == "%40"


@pytest.mark.parametrize(
    ("text", "longer"),
    [
        ("https://a.example", "https://a.example?x=1"),
        ("https://a.example/?", "https://a.example/?x=1"),
        ("https://a.example/?a=b&", "https://a.example/?a=b&x=1"),
        ("https://a.example/?a=%C3%A9#top", "https://a.example/?a=%C3%A9&x=1#top"),
    ],
)
def test_a_parameter_is_added_before_the_fragment(text: str, longer: str) -> None:
    assert str(Link.parse(text).with_parameter("x", "1")) == longer


def test_a_parameter_moves_to_the_front_and_the_others_stay_in_order() -> None:
    link = Link.parse("https://a.example/?a=1&b=2&c=3")
    assert str(link.with_first(Parameter("c", "3"))) == "https://a.example/?c=3&a=1&b=2"
