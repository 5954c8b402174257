"""What you see: a Django project with the page's API, accounts and jobs; it serves the built page, without torch."""
