"""A small server of our own that speaks both providers' wire formats, for tests and measuring."""
