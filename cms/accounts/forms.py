"""The forms of logging in and of the second factor, and Wagtail's user form made stricter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext_lazy as _
from wagtail.users.forms import UserCreationForm, UserEditForm


class SignInForm(forms.Form):
    """A name and a password. The password is never printed back."""

    username = UsernameField(
        label=_("Username"),
        max_length=150,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """Six digits, or a recovery code where that will do."""

    code = forms.CharField(
        label=_("Six digits, or a recovery code"),
        help_text=_(
            "The digits stand in the app on your phone. A code works once: "
            "if yours was just used, wait for the next one."
        ),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class FirstCodeForm(forms.Form):
    """The first six digits of a phone that is being set up."""

    code = forms.CharField(
        label=_("The six digits your app shows now"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )


class _Strict:
    """What both user forms share. Names and e-mail are optional: a username is enough.

    Nobody becomes a superuser in a form, whatever is posted. That takes the command line.
    """

    fields: dict[str, forms.Field]

    def make_strict(self) -> None:
        for name in ("email", "first_name", "last_name"):
            self.fields[name].required = False
        if "is_superuser" in self.fields:
            field = self.fields["is_superuser"]
            field.disabled = True
            field.label = _("Superuser")
            field.help_text = _("Set on the command line alone. It gives no right in the vault.")


class TeamUserCreationForm(_Strict, UserCreationForm):
    """A new member of the team."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.make_strict()


class TeamUserEditForm(_Strict, UserEditForm):
    """A member of the team. Nobody changes their own roles, so nobody gives themselves more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        editing_self = bool(kwargs.get("editing_self"))
        super().__init__(*args, **kwargs)
        self.make_strict()
        if editing_self and not self.instance.is_superuser:
            self.fields["groups"].disabled = True
            self.fields["groups"].help_text = _("Somebody else changes your roles.")
