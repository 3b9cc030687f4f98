"""Where phone numbers are bought: one folder per carrier."""
