"""The site as a WSGI application: what the console's worker loads."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallygate.web.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
