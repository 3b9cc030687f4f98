"""Message templates: texts with parameters, for every service that sends."""
