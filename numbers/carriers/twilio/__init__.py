"""Numbers of Twilio, through its official library (REST 2010-04-01)."""
