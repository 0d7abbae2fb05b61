"""What the examiner counts, compares and writes down."""
