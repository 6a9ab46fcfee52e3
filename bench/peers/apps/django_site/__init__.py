"""Two Django sites, allauth and simplejwt, each with just the apps and the middleware that it needs."""
