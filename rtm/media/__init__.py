"""Files of messages: parsed, stored, previewed, and reached by addresses that expire."""
