"""Pages on Facebook whose customers write and are written to in Messenger."""
