"""Pure geometry and spatial statistics: no Flask, no database, no Folium, no clock.

Coordinates are lon, lat (x, y) in EPSG:4326; lengths and areas are measured in EPSG:26985.
"""
