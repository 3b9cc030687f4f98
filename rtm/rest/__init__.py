"""The IMIconnect-compatible REST interfaces of devices, threads and profiles."""
