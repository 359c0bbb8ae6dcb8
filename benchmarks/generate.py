"""Make benchmark data: an AppsFlyer raw-data export and an impact.com click export, from a seed.

Everything is one DuckDB query per file, and every value is a function of (seed, name, row number), so that the
same parameters give the same files on every machine. A file's name carries its parameters (a rate only where it is
not the default); a file that exists is kept.

Every fault is one a conversion can have; a rate is the share of the rows attributed to impact.com that have it
(`duplicate`: of all rows). The paths are printed as JSON.
"""

import argparse
import json
from pathlib import Path

AS_OF = "2026-06-30 00:00:00"  # the moment the export is taken, UTC; nothing in the data is later
LAYOUT = "v1"  # part of every file name: change it when the data of the same parameters changes

FAULTS = {
    "missing": 0.02,  # no ClickId: an empty URL, a URL without the parameter, or a parameter without a value
    "macro": 0.005,  # "{clickid}", plain or percent-encoded
    "case": 0.005,  # the ClickId in lower case
    "orphan": 0.01,  # a ClickId of no click
    "before": 0.005,  # the conversion is hours before its click
    "outside": 0.01,  # the click is more than 30 days before the conversion
    "duplicate": 0.005,  # the row stands in the file twice
}

APPSFLYER_HEADER = (
    "Attributed Touch Type,Attributed Touch Time,Install Time,Event Time,Event Name,Event Value,Event Revenue,"
    "Event Revenue Currency,Event Revenue USD,Event Source,Is Receipt Validated,Partner,Media Source,Channel,"
    "Keywords,Campaign,Campaign ID,Adset,Adset ID,Ad,Ad ID,Ad Type,Site ID,Sub Site ID,Sub Param 1,Sub Param 2,"
    "Sub Param 3,Sub Param 4,Sub Param 5,Cost Model,Cost Value,Cost Currency,Contributor 1 Partner,"
    "Contributor 1 Media Source,Contributor 1 Campaign,Contributor 1 Touch Type,Contributor 1 Touch Time,"
    "Contributor 2 Partner,Contributor 2 Media Source,Contributor 2 Campaign,Contributor 2 Touch Type,"
    "Contributor 2 Touch Time,Contributor 3 Partner,Contributor 3 Media Source,Contributor 3 Campaign,"
    "Contributor 3 Touch Type,Contributor 3 Touch Time,Region,Country Code,State,City,Postal Code,DMA,IP,WIFI,"
    "Operator,Carrier,Language,AppsFlyer ID,Advertising ID,IDFA,Android ID,Customer User ID,IMEI,IDFV,Platform,"
    "Device Type,OS Version,App Version,SDK Version,App ID,App Name,Bundle ID,Is Retargeting,"
    "Retargeting Conversion Type,Attribution Lookback,Reengagement Window,Is Primary Attribution,User Agent,"
    "HTTP Referrer,Original URL"
)

# Columns that are not named here are empty, as they are in real exports.
APPSFLYER_VALUES = {
    "Attributed Touch Type": "CASE WHEN source IS NOT NULL THEN 'click' END",
    "Attributed Touch Time": "CASE WHEN source IS NOT NULL THEN stamp(least(touched, event)) END",
    "Install Time": "stamp(least(installed, event))",
    "Event Time": "stamp(event)",
    "Event Name": "event_name",
    "Event Value": """CASE
        WHEN amount IS NOT NULL THEN format(
            '{{"af_order_id":"ORD-{:09d}","af_revenue":{},"af_currency":"{}","af_content_id":"SKU-{:05d}","af_quantity":{}}}',
            n, amount, currency, pick('sku', n, 20000), 1 + pick('quantity', n, 3))
        WHEN event_name = 'af_add_to_cart' THEN format('{{"af_content_id":"SKU-{:05d}"}}', pick('sku', n, 20000))
        WHEN event_name <> 'install' THEN 'null' END""",
    "Event Revenue": "amount",
    "Event Revenue Currency": "CASE WHEN event_name <> 'install' THEN currency END",
    "Event Revenue USD": "amount * CASE currency WHEN 'EUR' THEN 1.0873 WHEN 'GBP' THEN 1.2711 ELSE 1 END",
    "Event Source": "'SDK'",
    "Media Source": "source",
    "Channel": "CASE WHEN source IS NOT NULL AND draw('channel', u) < 0.3 THEN 'partner' END",
    "Campaign": "CASE WHEN source IS NOT NULL THEN 'Summer | ' || choose(['US', 'EU', 'UK', 'APAC'], 'campaign', u) || ' - App' END",
    "Campaign ID": "CASE WHEN source IS NOT NULL THEN 23840000000000000 + pick('campaign', u, 4) END",
    "Ad ID": "CASE WHEN impact THEN 100000 + pick('ad', u, 300) END",
    "Site ID": "CASE WHEN source IS NOT NULL THEN 1000000 + pick('site', u, 900) END",
    "Sub Site ID": "CASE WHEN source IS NOT NULL AND draw('subsite', u) < 0.5 THEN pick('subsite', u, 5000) END",
    "Region": "CASE country WHEN 'US' THEN 'NA' ELSE 'EU' END",
    "Country Code": "country",
    "State": "choose(['CA', 'NY', 'TX', '00', 'BE'], 'state', u)",
    "City": "choose(['Los Angeles', 'New York', 'Houston', 'London', 'Berlin'], 'state', u)",
    "Postal Code": "10000 + pick('postal', u, 80000)",
    "DMA": "CASE country WHEN 'US' THEN (500 + pick('dma', u, 300))::VARCHAR ELSE 'None' END",
    "IP": "'203.0.' || pick('ip1', u, 256) || '.' || pick('ip2', u, 256)",
    "WIFI": "(draw('wifi', n) < 0.7)",
    "Operator": "choose(['Verizon', 'T-Mobile', 'O2', 'Vodafone'], 'operator', u)",
    "Carrier": "choose(['Verizon', 'T-Mobile', 'O2', 'Vodafone'], 'operator', u)",
    "Language": "choose(['English', 'Deutsch', 'en-GB', 'en-US'], 'language', u)",
    "AppsFlyer ID": "epoch_ms(installed) || '-' || lpad((draw('device', u) * 1e15)::BIGINT::VARCHAR, 19, '7')",
    "Advertising ID": "CASE WHEN android THEN uuid_of('gaid', u) END",
    "IDFA": "CASE WHEN NOT android AND draw('att', u) < 0.3 THEN upper(uuid_of('idfa', u)) END",
    "Customer User ID": "CASE WHEN event_name <> 'install' AND draw('login', u) < 0.93 THEN 'CU' || (10000000 + u) END",
    "IDFV": "CASE WHEN NOT android THEN upper(uuid_of('idfv', u)) END",
    "Platform": "CASE WHEN android THEN 'android' ELSE 'ios' END",
    "OS Version": "CASE WHEN android THEN choose(['13', '14', '15'], 'os', u) ELSE choose(['17.5', '18.1'], 'os', u) END",
    "App Version": "choose(['7.1.0', '7.1.2', '7.2.0'], 'version', u)",
    "SDK Version": "'v6.14.0'",
    "App ID": "CASE WHEN android THEN 'com.acme.shop' ELSE 'id1234567890' END",
    "App Name": "'Acme Shop'",
    "Bundle ID": "'com.acme.shop'",
    "Is Retargeting": "'false'",
    "Attribution Lookback": "CASE WHEN source IS NOT NULL THEN '30d' END",
    "Is Primary Attribution": "CASE WHEN event_name <> 'install' THEN 'true' END",
    "User Agent": """CASE WHEN android THEN 'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP2A.240805.005)'
        ELSE 'AcmeShop/7.1 CFNetwork/1496.0.7 Darwin/23.5.0 (iPhone; iOS 17_5, Scale/3.00)' END""",
    "HTTP Referrer": "CASE WHEN impact AND draw('referrer', u) < 0.3 THEN 'https://deals.example/' || pick('page', u, 9999) END",
    "Original URL": """CASE
        WHEN impact AND NOT (fault = 'missing' AND n % 3 = 0) THEN
            'https://app.appsflyer.com/' || CASE WHEN android THEN 'com.acme.shop' ELSE 'id1234567890' END
            || '?pid=impactradius_int' || CASE WHEN fault = 'missing' AND n % 3 = 1 THEN '' ELSE '&clickid=' || coalesce(click_id, '') END
            || '&af_siteid=' || (1000000 + pick('site', u, 900)) || '&c=Summer%20%7C%20App&af_ad_id=' || (100000 + pick('ad', u, 300))
            || '&af_click_lookback=30d&is_retargeting=false&af_dp=acme%3A%2F%2Fproduct%2F' || pick('sku', n, 20000)
            || '&af_web_dp=https%3A%2F%2Fwww.acme.example%2Fproduct%2F' || pick('sku', n, 20000) || '%3Futm_source%3Dimpact'
        WHEN source = 'unityads_int' THEN 'https://app.appsflyer.com/com.acme.shop?pid=unityads_int&af_ref=' || uuid_of('ref', u) END""",
}

# The columns of ClickExport (which says Program where the other click resources say Campaign).
CLICK_VALUES = {
    "Id": "click_id(first)",
    "ProgramId": "1000",
    "ProgramName": "'Acme Shop'",
    "ProfileId": "uuid_of('profile', first)",
    "IpAddress": "md5('ip' || pick('ip', first, 4000000))",
    "EventDate": "strftime(click_time(i), '%Y-%m-%dT%H:%M:%SZ')",
    "MediaId": "1000000 + pick('media', first, 900)",
    "MediaName": "'Partner ' || pick('media', first, 900) || CASE WHEN pick('media', first, 4) = 0 THEN ', Inc.' ELSE '' END",
    "AdId": "100000 + pick('ad', first, 300)",
    "AdName": "'Acme App - Ad ' || pick('ad', first, 300)",
    "AdType": "choose(['TEXT_LINK', 'BANNER', 'COUPON'], 'adtype', first)",
    "ProductSku": "CASE WHEN draw('hassku', first) < 0.3 THEN 'SKU-' || pick('sku', first, 20000) END",
    "CustomerArea": "CASE WHEN draw('geo', first) < 0.1 THEN 'n/a' ELSE '807' END",
    "CustomerCity": "CASE WHEN draw('geo', first) < 0.1 THEN 'n/a' ELSE choose(['Los Angeles', 'London', 'Berlin'], 'city', first) END",
    "CustomerRegion": "CASE WHEN draw('geo', first) < 0.1 THEN 'n/a' ELSE choose(['CA', 'LND', 'BE'], 'city', first) END",
    "CustomerCountry": "choose(['US', 'GB', 'DE'], 'city', first)",
    "DeviceType": "choose(['PHONE', 'PHONE', 'PHONE', 'TABLET', 'DESKTOP'], 'device', first)",
    "DeviceFamily": "choose(['iPhone', 'Galaxy S24', 'Pixel 8', 'iPad', 'Other'], 'device', first)",
    "Browser": "choose(['Mobile Safari', 'Chrome Mobile', 'Samsung Internet'], 'browser', first)",
    "Os": "choose(['iOS', 'Android', 'Android'], 'browser', first)",
    "ReferringUrl": "CASE WHEN draw('referrer', first) < 0.7 THEN 'https://deals.example/offers/' || pick('page', first, 9999) || '?utm_medium=app' END",
    "ReferringDomain": "CASE WHEN draw('referrer', first) < 0.7 THEN 'deals.example' END",
    "LandingPageUrl": "'https://www.acme.example/product/' || pick('sku', first, 20000) || '?utm_source=impact&utm_medium=affiliate&utm_campaign=summer'",
    "SharedId": "CASE WHEN draw('shared', first) < 0.4 THEN 'sh-' || pick('shared', first, 100000) END",
    "UniqueClick": "(i = first)",
    "CpcBid": "'0.00'",
    "DealName": "CASE WHEN draw('deal', first) < 0.1 THEN 'Summer, 10% off' END",
    "DealType": "CASE WHEN draw('deal', first) < 0.1 THEN 'GENERAL_SALE' END",
    "DealScope": "CASE WHEN draw('deal', first) < 0.1 THEN 'ENTIRE_STORE' END",
    "PartnerRelatedSubId1": "CASE WHEN draw('sub1', first) < 0.6 THEN 'sub-' || pick('sub1', first, 50000) END",
    "PartnerRelatedSubId2": "CASE WHEN draw('sub2', first) < 0.2 THEN pick('sub2', first, 500) END",
    "PartnerRelatedSubId3": "NULL",
    "Payout": "'0.00'",
    "TrafficCategory": "choose(['Content', 'Coupon', 'Loyalty'], 'media', first)",
    "TrafficSource": "'Website'",
}

# Clicks stand in the order of time, over 74 days. One click in ten is a second or third one of the ClickId before
# it, within the hour. A ClickId has impact.com's usual shape: 39 characters, among them ":" and "-".
MACROS = """
CREATE MACRO number(name, n) AS md5_number_lower(concat_ws('/', {seed}, name, n));
CREATE MACRO draw(name, n) AS (number(name, n) % 1000000000) / 1e9;
CREATE MACRO pick(name, n, size) AS (number(name, n) % size)::BIGINT;
CREATE MACRO choose(values_, name, n) AS values_[1 + pick(name, n, len(values_))];
CREATE MACRO uuid_of(name, n) AS regexp_replace(
    md5(concat_ws('/', {seed}, name, n)), '(.{{8}})(.{{4}})(.{{4}})(.{{4}})', '\\1-\\2-\\3-\\4-');
CREATE MACRO stamp(t) AS strftime(t, '%Y-%m-%d %H:%M:%S');
CREATE MACRO seconds(x) AS to_seconds(floor(x)::BIGINT);
CREATE MACRO letters(n) AS translate(to_base64(unhex(sha256(concat_ws('/', {seed}, 'click', n)))), '+/', ':-');
CREATE MACRO click_id(n) AS letters(n)[1:24] || 'Uk' || letters(n)[25:36] || '0';
CREATE MACRO first_click(i) AS i - CASE WHEN i % 100 = 99 THEN 2 WHEN i % 100 = 98 OR i % 10 = 9 THEN 1 ELSE 0 END;
CREATE MACRO click_time(i) AS TIMESTAMP '{as_of}' - INTERVAL 75 DAY
    + seconds(first_click(i) / {clicks} * 74 * 86400 + (i - first_click(i)) * (60 + 1700 * draw('again', i)));
"""

CLICKS = "SELECT {columns} FROM (SELECT i, first_click(i) AS first FROM numbers)"

# A user (u) has four rows, the first of which is the install; the newest row comes first in the file.
CONVERSIONS = """
WITH rows AS (
    SELECT r, n, n // 4 AS u, draw('fault', n) AS fault_draw
    FROM (SELECT i AS r, i - (i > 0 AND draw('duplicate', i) < {duplicate})::INT AS n FROM numbers)
), users AS (
    SELECT r, n, u, draw('source', u) < 0.6 AS impact, draw('android', u) < 0.6 AS android,
        CASE WHEN draw('source', u) < 0.6 THEN 'impactradius_int'
             WHEN draw('source', u) < 0.75 THEN choose(['googleadwords_int', 'unityads_int', 'snapchat_int'], 'network', u)
        END AS source,
        CASE WHEN draw('source', u) < 0.6 THEN CASE {fault_cases} ELSE 'none' END END AS fault,
        choose(['US', 'US', 'GB', 'DE'], 'country', u) AS country,
        choose(['install', 'af_purchase', 'af_add_to_cart', 'af_login'], 'event', n) AS any_event
    FROM rows
), clicked AS (
    SELECT * EXCLUDE (any_event),
        CASE WHEN n % 4 = 0 THEN 'install' WHEN n % 4 = 1 OR any_event = 'install' THEN 'af_purchase' ELSE any_event END AS event_name,
        CASE country WHEN 'US' THEN 'USD' WHEN 'GB' THEN 'GBP' ELSE 'EUR' END AS currency,
        first_click(CASE WHEN fault = 'outside' THEN pick('old click', n, {clicks} // 2) ELSE pick('click', u, {clicks}) END) AS click
    FROM users
), touched AS (
    SELECT *, click_time(click) AS touched,
        click_time(click) + seconds(12 + 20 * 3600 * draw('install', u) ** 6) AS installed,
        CASE WHEN event_name = 'af_purchase' THEN (5 + 200 * draw('amount', n) ** 3)::DECIMAL(18, 2) END AS amount,
        url_encode(CASE
            WHEN fault = 'missing' THEN NULL
            WHEN fault = 'macro' THEN '{{clickid}}'
            WHEN fault = 'case' THEN lower(click_id(click))
            WHEN fault = 'orphan' THEN click_id({clicks} + n)
            ELSE click_id(click) END) AS encoded_id
    FROM clicked
), timed AS (
    SELECT *,
        CASE WHEN encoded_id = '%7Bclickid%7D' AND n % 2 = 0 THEN '{{clickid}}' ELSE encoded_id END AS click_id,
        CASE
            WHEN fault = 'before' THEN touched - seconds(3600 * (1 + 40 * draw('event', n)))
            WHEN fault = 'outside' THEN touched + INTERVAL 30 DAY + seconds(7200 + 6 * 86400 * draw('event', n))
            WHEN event_name = 'install' THEN installed
            ELSE installed + seconds(draw('event', n) ** 3 * least(25 * 86400, epoch(TIMESTAMP '{as_of}' - installed)))
        END AS event
    FROM touched
)
SELECT {columns} FROM timed ORDER BY event DESC, r
"""


def main() -> None:
    arguments = _parser().parse_args()
    rates = {fault: getattr(arguments, fault) for fault in FAULTS}
    conversions, clicks, seed = arguments.conversions, arguments.clicks, arguments.seed
    unusual = "".join(f"-{fault}{rate:g}" for fault, rate in rates.items() if rate != FAULTS[fault])
    arguments.out.mkdir(parents=True, exist_ok=True)
    made: dict[str, object] = {"as_of": AS_OF.replace(" ", "T") + "Z"}
    for kind in ("parquet", "csv") if arguments.format == "both" else (arguments.format,):
        tables = {
            "conversions": (
                arguments.out / f"appsflyer-{LAYOUT}-{conversions}-of-{clicks}-seed{seed}{unusual}.{kind}",
                _conversions_query(clicks, rates),
                conversions,
            ),
            "clicks": (
                arguments.out / f"clicks-{LAYOUT}-{clicks}-seed{seed}.{kind}",
                CLICKS.format(columns=_as_text(CLICK_VALUES)),
                clicks,
            ),
        }
        for path, query, rows in tables.values():
            if not path.exists():
                _write(path, query, rows, MACROS.format(seed=seed, clicks=clicks, as_of=AS_OF))
        made[kind] = {table: str(path) for table, (path, _, _) in tables.items()}
    print(json.dumps(made))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clicks", type=int, default=5_000_000)
    parser.add_argument("--conversions", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=("csv", "parquet", "both"), default="both")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data")
    for fault, rate in FAULTS.items():
        parser.add_argument(f"--{fault}", type=float, default=rate, metavar="RATE", help=f"default {rate}")
    return parser


def _conversions_query(clicks: int, rates: dict[str, float]) -> str:
    cases, limit = [], 0.0
    for fault, rate in rates.items():
        if fault != "duplicate":
            limit += rate
            cases.append(f"WHEN fault_draw < {limit} THEN '{fault}'")
    return CONVERSIONS.format(
        columns=_as_text({name: APPSFLYER_VALUES.get(name, "NULL") for name in APPSFLYER_HEADER.split(",")}),
        clicks=clicks,
        as_of=AS_OF,
        duplicate=rates["duplicate"],
        fault_cases=" ".join(cases),
    )


def _as_text(columns: dict[str, str]) -> str:
    return ", ".join(f'({value})::VARCHAR AS "{name}"' for name, value in columns.items())


def _write(path: Path, query: str, rows: int, macros: str) -> None:
    import duckdb

    unfinished, twin = path.with_name(path.name + ".tmp"), path.with_suffix(".parquet")
    if twin.exists():  # the same rows, made already
        query = f"FROM '{twin}'"
    options = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet"
    with duckdb.connect() as connection:
        connection.execute(macros)
        # A table is read by all cores, in the order of its rows; range() by one.
        connection.execute(f"CREATE TABLE numbers AS SELECT i FROM range({rows}) AS t(i)")
        connection.execute(f"COPY ({query}) TO '{unfinished}' ({options})")
    unfinished.rename(path)


if __name__ == "__main__":
    main()
