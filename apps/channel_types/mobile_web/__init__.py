"""Mobile and web apps that hold a connection to the gateway (RTM)."""
