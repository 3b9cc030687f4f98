"""The double of a browser maker's push service, and of a browser that decrypts."""
