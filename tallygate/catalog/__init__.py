"""What a provider defines: products, metrics, plans, accounts, applications, users, tokens."""
