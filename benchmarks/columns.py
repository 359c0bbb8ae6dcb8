"""The columns of the export that mmpsync reads and keeps: the baselines keep the same, for the same output."""

IMPACT = "impactradius_int"
KEPT = (
    *(
        "Attributed Touch Type",
        "Attributed Touch Time",
        "Install Time",
        "Event Time",
        "Event Name",
        "Event Value",
    ),
    *("Event Revenue", "Event Revenue Currency", "Media Source", "Campaign", "Site ID", "Sub Param 1"),
    *("Sub Param 2", "Sub Param 3", "Sub Param 4", "Sub Param 5", "Country Code", "AppsFlyer ID"),
    *(
        "Advertising ID",
        "IDFA",
        "Android ID",
        "Customer User ID",
        "IDFV",
        "Platform",
        "App Version",
        "App ID",
    ),
    *("Bundle ID", "Is Primary Attribution", "HTTP Referrer", "Original URL"),
)
