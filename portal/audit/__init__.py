"""What was done here, by whom, for which post, from where; nobody edits it."""
