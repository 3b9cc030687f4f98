"""Customers: profiles, devices and timeline; exporting and erasing what is known of them."""
