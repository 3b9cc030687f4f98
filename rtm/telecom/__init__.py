"""SMS on the gateway: content, parts, senders, restrictions, opt-outs, what comes in."""
