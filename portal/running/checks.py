"""What is asked before a node serves."""
