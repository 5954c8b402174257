"""Print the OpenAPI description of Semeia's API, from which `npm run client` makes src/api/schema.d.ts."""

import json
import os
import sys
import tempfile

with tempfile.TemporaryDirectory() as home:
    os.environ["SEMEIA_HOME"] = home
    os.environ["DJANGO_SETTINGS_MODULE"] = "semeia.web.settings"
    import django

    django.setup()
    from semeia.web.api import api

    json.dump(api.get_openapi_schema(path_prefix="/api/"), sys.stdout)
