"""The suite's settings, as a public process has them."""

from cms.settings.test import *  # noqa: F403

SITE_ROLE = "public"
