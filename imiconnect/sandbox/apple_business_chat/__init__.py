"""Apple's double: Apple Business Register, the gateway of messages, and customers' phones."""
