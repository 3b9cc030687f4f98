"""Pages of people: sign-in, the own account, invitations, and the organization's settings."""
