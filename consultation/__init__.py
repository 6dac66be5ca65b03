"""What was asked, who signed, what the numbers say, and the submission."""
