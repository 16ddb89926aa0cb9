"""Guarded reading of tables that operators hand in; no path is trusted for its suffix."""
