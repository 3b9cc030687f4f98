"""The double of WeChat: tokens, customer-service messages, pushes, and followers to play."""
