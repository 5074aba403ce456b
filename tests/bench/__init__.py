"""What Scrip costs, measured side by side: `make bench`, or `python -m tests.bench [ROW …]`.

Each row of the table is two sides that run in turn, A B A B, each in processes of its own on databases
that the benchmark makes beside DATABASE_URL's: its peers, their tables and their settings are part of it.
"""
