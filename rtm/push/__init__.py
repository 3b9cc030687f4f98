"""Push: the medium, the addresses of devices at push services, and what is sent to them."""
