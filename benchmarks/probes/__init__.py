"""What is measured in a fresh process, one function call each."""
