"""Account types and what each is granted a month."""
