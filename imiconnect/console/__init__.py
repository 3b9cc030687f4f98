"""The shell of the console and what its pages share: lists, forms, wizards, live updates."""
