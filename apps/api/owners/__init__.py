"""Users and organisations over HTTP: who they are, what they have, and the rules about their money."""
