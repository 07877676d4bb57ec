"""In-app customers: Bot Framework Direct Line 3.0 over the store."""
