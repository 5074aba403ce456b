"""Work that is too much for one transaction: runs cut into chunks, each done once by whoever comes first.

Owns runs, their chunks, and when the clock last rang for what. Knows nothing of what the work is: the apps
above register their jobs (`apps.jobs.registry`). The rows are the queue; a broker only rings the bell.
"""
