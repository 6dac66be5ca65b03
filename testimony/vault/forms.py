"""The unlock form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from testimony.vault.models import Collection


class UnlockForm(forms.Form):
    """A collection, the six words, and why. The words are never printed back."""

    collection = forms.ModelChoiceField(
        label=_("Collection"), queryset=Collection.objects.order_by("name"), empty_label=None
    )
    passphrase = forms.CharField(
        label=_("Your vault passphrase"),
        help_text=_("Six words. Not your login password."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        max_length=200,
    )
    reason = forms.CharField(
        label=_("Why you are opening it"),
        help_text=_("A short reason. It is kept in the audit log."),
        max_length=200,
    )

    def clean_passphrase(self) -> str:
        """Words with single spaces, in small letters, as they were shown."""
        typed: Any = self.cleaned_data["passphrase"]
        return " ".join(str(typed).casefold().split())
