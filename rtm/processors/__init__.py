"""What processors do with rows that are due: plain functions, a batch in each call."""
