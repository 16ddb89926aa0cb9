"""The officer's page: zone verdict, two forms, receipt. Its script is in static/field."""
