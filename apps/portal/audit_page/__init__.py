"""Every change to an organisation's money rules: who, when, what before and after."""
