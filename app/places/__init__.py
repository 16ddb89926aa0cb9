"""Places by name, without a network: text to coordinates with their zone status, and areas."""
