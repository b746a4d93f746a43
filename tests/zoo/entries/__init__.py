"""What is known of each spec of the zoo, a file for each."""
