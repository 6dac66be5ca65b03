"""The user: somebody on the team who logs in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A member of the team.

    Our own model from the first migration, so that it can grow. Logging in gives no access
    to testimony: that takes a keyholder's passphrase, which is not kept anywhere.
    """
