"""The double of X: OAuth 1.0a, webhooks, direct messages, and customers to play."""
