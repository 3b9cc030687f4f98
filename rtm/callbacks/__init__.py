"""Delivery of callbacks: receipts (DR) and incoming messages (MO) to customers' servers."""
