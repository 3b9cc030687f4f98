"""The double of Apple's push service."""
