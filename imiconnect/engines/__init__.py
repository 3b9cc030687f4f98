"""The engines of the platform: PostgreSQL, Redis and NATS from wheels, and their watcher."""
