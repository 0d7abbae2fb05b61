"""What has been seen, paid for, judged and decided."""
