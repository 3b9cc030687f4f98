"""Pages of push: forms and steps of the wizard."""
