"""Who did what, and when: an append-only, chained record of every act."""
