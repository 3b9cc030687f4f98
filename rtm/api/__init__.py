"""The REST interface of streams, threads, topics and segments."""
