"""Maps of referrals and incidents: layers, the map room, files, and the base map below them."""
