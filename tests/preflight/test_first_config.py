"""What the first mmpsync.toml says of what was seen."""

from mmpsync.preflight.first_config import first_config
from mmpsync.preflight.places import FIELDS
from mmpsync.preflight.seen import Seen, SeenApp, SeenEvent, SeenSource


def test_counts_are_written_as_everywhere_else() -> None:
    purchase = ("event", "af_purchase")
    source = SeenSource(
        name="appsflyer",
        title="AppsFlyer",
        files=1,
        apps=(SeenApp("com.acme.shop", rows=12_345, platforms={}),),
        events=(SeenEvent("af_purchase", "event", rows=12_345, from_impact=1_234, valued=1),),
        media_sources=(("impactradius_int", "impact", 1_234), ("other_int", "other", 11_111)),
        places=dict.fromkeys(FIELDS, ()),
        click_id_advice="ask for it",
        rows={purchase: 12_345},
        impact={purchase: 1_234},
    )
    text = first_config(Seen((source,)))
    assert "from 1 file of AppsFlyer." in text
    assert "# 12,345 rows\n" in text
    assert "# 12,345 rows, 1,234 of impact.com, 1 with an amount" in text
    assert 'impact.com\'s rows: "impactradius_int" 1,234; others: "other_int" 11,111' in text


def test_an_event_with_a_name_that_is_a_text_is_not_proposed_and_listed_briefly() -> None:
    name = "x" * 3_000
    source = SeenSource(
        name="appsflyer",
        title="AppsFlyer",
        files=1,
        apps=(),
        events=(SeenEvent(name, "event", rows=9, from_impact=9, valued=9),),
        media_sources=(),
        places=dict.fromkeys(FIELDS, ()),
        click_id_advice="",
        rows={("event", name): 9},
        impact={("event", name): 9},
    )
    text = first_config(Seen((source,)))
    assert "[events.x" not in text
    assert f'#   "{"x" * 127}…": 9 rows, 9 of impact.com, 9 with an amount' in text
