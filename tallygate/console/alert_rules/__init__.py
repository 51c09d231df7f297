"""Pages of a product's own rules for alerts: the rules, what they noticed, and who was told."""
