#!/usr/bin/env python
"""The command line of At the Table."""

import os
import sys

OFFLINE = {"recovery_kit", "backup_key"}
"""Commands for a machine without a network: they get settings without a database."""

if __name__ == "__main__":
    if OFFLINE.intersection(sys.argv[1:2]):
        os.environ["DJANGO_SETTINGS_MODULE"] = "cms.settings.offline"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.development")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
