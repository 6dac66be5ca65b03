"""Unlocking and locking. Editorial."""

from django.urls import path

from testimony.vault.views import lock, unlock

app_name = "vault"

urlpatterns = [
    path("unlock/", unlock, name="unlock"),
    path("lock/", lock, name="lock"),
]
