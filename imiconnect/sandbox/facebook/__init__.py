"""The double of Facebook: login dialog, Graph API, Messenger, and its webhooks."""
