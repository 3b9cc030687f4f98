"""The double of Firebase Cloud Messaging and of Google's tokens."""
