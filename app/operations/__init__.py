"""Running the service: health, the demonstration and its synthetic data, production."""
