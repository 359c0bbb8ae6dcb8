import pytest

from mmpsync.preflight.event_names import nearest, role_of


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("install", "install"),
        ("Application Installed", "install"),
        ("af_purchase", "purchase"),
        ("Order Completed", "purchase"),
        ("af_subscribe", "purchase"),
        ("COMPLETE_REGISTRATION", "signup"),
        ("Signed Up", "signup"),
        ("af_add_to_cart", None),
        ("Order Refunded", None),
        ("af_initiated_checkout", None),
        ("uninstall", None),
        ("Install Attributed", None),
        ("level_up", None),
    ],
)
def test_names_tell_what_brands_pay_for(name: str, key: str | None) -> None:
    role = role_of(name)
    assert (role and role.key) == key


@pytest.mark.parametrize(
    ("wanted", "seen", "meant"),
    [
        (["af_purchase"], ["Purchase", "login"], "Purchase"),
        (["purchase"], ["purchse"], "purchse"),
        (["af_purchase"], ["login", "Order Completed"], "Order Completed"),
        (["level_up"], ["login", "Order Completed"], None),
        (["af_purchase"], [], None),
    ],
)
def test_a_name_that_was_meant_is_found_by_spelling_then_by_meaning(
    wanted: list[str], seen: list[str], meant: str | None
) -> None:
    assert nearest(wanted, seen) == meant
