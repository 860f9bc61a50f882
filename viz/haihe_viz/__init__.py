"""Charts and pages for haihe's results."""
