"""Problems people report: what it is about with its number filled in, the answers, and what happens next."""
