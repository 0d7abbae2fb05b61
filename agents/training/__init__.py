"""What the trainer and the examiner do in processes of their own, and the files they leave."""
