"""Developer Portal: where a provider's consumers look after their applications and see what these use."""
