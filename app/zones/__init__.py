"""The programme's zone: its dated versions, and whether a place lies in the one in force."""
