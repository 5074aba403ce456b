"""What `dev.py` needs: the environment, private services, a browser, the demo. Standard library only."""
