"""The site's addresses, by its role: public, editorial, or both."""

from django.conf import settings
from django.urls import include, path

urlpatterns = []
if settings.SITE_ROLE in ("editorial", "all"):
    urlpatterns += [path("admin/", include("cms.urls.editorial"))]
if settings.SITE_ROLE in ("public", "all"):
    urlpatterns += [path("", include("cms.urls.public"))]
