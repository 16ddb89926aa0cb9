"""An officer offers LEAD to a person: one record, taken exactly once, readable by few."""
