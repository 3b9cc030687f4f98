"""The uplink listener: from the broker into the inboxes, acknowledged after the commit."""
