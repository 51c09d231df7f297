"""What a provider offers, to whom, and under which limits; published to the registry as it changes."""
